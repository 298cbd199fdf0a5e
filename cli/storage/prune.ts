import type { ObjectVersion } from "@ssmd/storage";

/** Rule for versions to remove. */
interface PruneRule {
  /** Remove versions older than this, ms since 1970. */
  beforeMs: number;
  /** Number of versions kept per object besides the newest. */
  keep: number;
}

/**
 * Yields versions that the rule removes, never the one that reads return. A deletion marker is removed only when it is
 * the last version of its object. `versions` must be sorted by key, newest first.
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
