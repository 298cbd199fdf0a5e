import { type Manifest, progressOf, withProgress } from "@ssmd/archive";
import { ArchiveError } from "@ssmd/runtime";

const CODE = "ARCHIVE_FENCED";

/**
 * Returns the manifest with the writer's token; unchanged without a token. Shards have a lease
 * each. Throws ArchiveError `ARCHIVE_FENCED` when a later lease holder has written it.
 */
export function fenced(
  manifest: Manifest,
  { token, shard }: { token: number | undefined; shard: string },
): Manifest {
  if (token === undefined) return manifest;
  const { fence = 0 } = progressOf(manifest, shard);
  if (fence > token) {
    const { env, feed, day } = manifest;
    throw new ArchiveError(CODE, `Another archiver has taken over ${env}/${feed} ${day}`, {
      hint: "Nothing of this one was acknowledged: the other one writes it. End this process",
      context: { fence, token },
    });
  }
  return fence === token ? manifest : withProgress(manifest, shard, { fence: token });
}

/** Returns whether a write failed because the lease has another holder. */
export function isFenced(error: unknown): boolean {
  return error instanceof ArchiveError && error.code === CODE;
}
