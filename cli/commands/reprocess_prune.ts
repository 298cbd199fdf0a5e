import { z } from "zod";
import { feedPrefix, NORMALIZED_VERSION } from "@ssmd/archive";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { withArchive } from "../archive/with_archive.ts";
import { auditArchive } from "../archive/audit_archive.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";
import { bytesText } from "../format.ts";
import { VERSION_FLAGS } from "../reprocess/flags.ts";
import { stateOf, type VersionInfo, versionNamed } from "@ssmd/dataset/versions";

export default defineCommand({
  name: "reprocess prune",
  brief: "Remove a version that is not active",
  description:
    "Removes all its objects, its manifests first, so that no manifest names a missing " +
    "object; the next run finishes an interrupted one. Refused: v1, which cannot be " +
    "recreated exactly where raw is gone; a version that is active on any day; a version in " +
    "progress. The journal records who did it.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd reprocess prune v2 --feed kraken --dry-run",
    "ssmd reprocess prune v2 --feed kraken --data ./data --yes",
  ],
  flags: { ...VERSION_FLAGS, dryRun: DRY_RUN },
  args: [text("Version to remove", { placeholder: "version", required: true })],
  output: z.object({
    env: z.string(),
    feed: z.string(),
    version: z.string(),
    dry_run: z.boolean(),
    days: z.int(),
    objects: z.int(),
    bytes: z.int(),
  }),
  table: ({ dry_run: _, bytes, ...value }) => oneRow({ ...value, size: bytesText(bytes) }),
  run: ({ flags: { feed, dryRun, ...flags }, args: [version], context }) =>
    withArchive(context, flags, async ({ storage, env }) => {
      const info = await versionNamed(storage, { env, feed, version });
      assertPrunable(info);
      const { days, objects, bytes } = info;
      const value = { env, feed, version, dry_run: dryRun, days: days.length, objects, bytes };
      if (dryRun) return value;
      assertConfirmed(context, `Remove version ${version} of ${env}/${feed}, ${bytesText(bytes)}?`);
      const record = { action: "prune", feed, version, objects, bytes };
      await auditArchive(context, { env, data: flags.data }, record);
      await removeVersion(storage, feedPrefix("normalized", env, { feed, version }));
      return value;
    }),
});

function assertPrunable(info: VersionInfo): void {
  const { env, feed, version, activeDays, isDefault } = info;
  const context = { env, feed, version };
  if (version === NORMALIZED_VERSION) {
    throw new ArchiveError("VERSION_LIVE", `${version} is what the archiver writes`, {
      hint: "Old days of it go by retention, not by prune",
      context,
    });
  }
  if (isDefault || activeDays.length > 0) {
    const days = isDefault ? "every day that has no choice of its own" : activeDays.join(", ");
    throw new ArchiveError("VERSION_ACTIVE", `Version ${version} is read of ${days}`, {
      hint: "Promote another version first: ssmd reprocess promote",
      context,
    });
  }
  if (stateOf(info) !== "running") return;
  throw new ArchiveError("VERSION_BUSY", `Version ${version} is being made now`, {
    hint: "Wait until it has ended: ssmd reprocess status shows how far it is",
    context,
  });
}

/** Removes manifests first, so that a concurrent reader misses the whole day, never part of one. */
async function removeVersion(storage: Storage, prefix: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  const isManifest = (key: string) => key.endsWith("/manifest.json");
  for (const key of keys.filter(isManifest)) await storage.delete(key);
  for (const key of keys.filter((each) => !isManifest(each))) {
    if (!key.endsWith("/reprocess/job.json")) await storage.delete(key);
  }
  // Remove the job last: it lets the next prune find leftovers.
  await storage.delete(`${prefix}reprocess/job.json`);
}
