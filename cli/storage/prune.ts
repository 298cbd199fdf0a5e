import type { ObjectVersion } from "@ssmd/storage";

/** Which versions are to go. */
interface PruneRule {
  /** Older than this, milliseconds since 1970. */
  beforeMs: number;
  /** Versions of each object that stay besides the newest. */
  keep: number;
}

/**
 * Versions that nobody reads any more and that a rule lets go: never what reads give now. A deletion
 * goes when it is the last that is left of its object. `versions` come by key, the newest first.
 */
export async function* prunable(
  versions: AsyncIterable<ObjectVersion>,
  rule: PruneRule,
): AsyncGenerator<ObjectVersion, void> {
  let group: ObjectVersion[] = [];
  for await (const version of versions) {
    if (group[0] !== undefined && group[0].key !== version.key) {
      yield* ofOne(group, rule);
      group = [];
    }
    group.push(version);
  }
  yield* ofOne(group, rule);
}

function* ofOne(
  group: readonly ObjectVersion[],
  { beforeMs, keep }: PruneRule,
): Generator<ObjectVersion, void> {
  const isOld = (version: ObjectVersion) => version.modifiedAtMs < beforeMs;
  const older = group.filter(({ isLatest }) => !isLatest);
  const kept = older.filter(({ isDeletion }) => !isDeletion).slice(0, keep);
  const going = older.filter((version) => isOld(version) && !kept.includes(version));
  yield* going;
  const [latest] = group;
  if (latest?.isDeletion && isOld(latest) && going.length === group.length - 1) yield latest;
}
