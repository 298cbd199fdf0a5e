import { buildCommand, type Command } from "@stricli/core";
import { feedPrefix, NORMALIZED_VERSION } from "@ssmd/archive";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { bytesText } from "../format.ts";
import { docs, switchFlag, word } from "../registry/flags.ts";
import { render } from "../render.ts";
import { auditVersions } from "../reprocess/audit.ts";
import { FEED_FLAG, VERSION_FLAGS, type VersionFlags } from "../reprocess/flags.ts";
import { stateOf, type VersionInfo, versionNamed } from "@ssmd/dataset/versions";

interface Flags extends VersionFlags {
  feed: string;
  dryRun: boolean;
}

/** `ssmd reprocess prune` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Remove a version that is not promoted",
    "All its objects go, its manifests first, so that no manifest names what is gone; a prune that " +
      "was interrupted is finished by the next. Refused: v1, which cannot be made again exactly where " +
      "raw is gone; a version that readers get of any day; one that is being made. The journal keeps " +
      "who did it.",
    [
      "ssmd reprocess prune v2 --feed kraken --dry-run",
      "ssmd reprocess prune v2 --feed kraken --data ./data --yes",
    ],
  ),
  parameters: {
    flags: {
      ...VERSION_FLAGS,
      feed: FEED_FLAG,
      dryRun: switchFlag("Show what would be removed and remove nothing"),
    },
    positional: { kind: "tuple", parameters: [word("The version that is removed", "version")] },
  },
  func: prune,
});

async function prune(this: SsmdContext, flags: Flags, version: string): Promise<void> {
  const { dir } = this.globals;
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const env = await envOf(storage, flags.env);
    const info = await versionNamed(storage, { env, feed: flags.feed, version });
    refuse(info);
    const { feed, days, objects, bytes } = info;
    const value = { env, feed, version, dryRun: flags.dryRun, days: days.length, objects, bytes };
    const rows = [{ env, feed, version, days: days.length, objects, size: bytesText(bytes) }];
    this.process.stdout.write(render({ value, rows }, flags.output));
    if (flags.dryRun) return;
    const question = `Remove version ${version} of ${env}/${feed}, ${bytesText(bytes)}?`;
    assertConfirmed(this, question);
    const archive = flags.data === undefined ? { env } : { env, data: flags.data };
    await auditVersions(this, archive, { action: "prune", feed, version, objects, bytes });
    await remove(storage, feedPrefix("normalized", env, feed, version));
  } finally {
    await storage.close();
  }
}

function refuse(info: VersionInfo): void {
  const { env, feed, version, promoted, isDefault } = info;
  const context = { env, feed, version };
  if (version === NORMALIZED_VERSION) {
    throw new ArchiveError("VERSION_LIVE", `${version} is what the archiver writes.`, {
      hint: "Old days of it go by retention, not by prune.",
      context,
    });
  }
  if (isDefault || promoted.length > 0) {
    const days = isDefault ? "every day that has no choice of its own" : promoted.join(", ");
    throw new ArchiveError("VERSION_PROMOTED", `Version ${version} is read of ${days}.`, {
      hint: "Promote another version first: ssmd reprocess promote.",
      context,
    });
  }
  if (stateOf(info) !== "running") return;
  throw new ArchiveError("VERSION_BUSY", `Version ${version} is being made now.`, {
    hint: "Wait until it has ended: ssmd reprocess status shows how far it is.",
    context,
  });
}

/** Manifests first: whoever reads meanwhile misses a day, and never finds a part of one. */
async function remove(storage: Storage, prefix: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  const isManifest = (key: string) => key.endsWith("/manifest.json");
  for (const key of keys.filter(isManifest)) await storage.delete(key);
  for (const key of keys.filter((each) => !isManifest(each))) {
    if (!key.endsWith("/reprocess/job.json")) await storage.delete(key);
  }
  // The job last: until then what is left has a maker, and is found by the next prune.
  await storage.delete(`${prefix}reprocess/job.json`);
}
