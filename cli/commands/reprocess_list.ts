import { buildCommand, type Command } from "@stricli/core";
import { openArchive } from "../archive/open_archive.ts";
import type { SsmdContext } from "../context.ts";
import { bytesText } from "../format.ts";
import { docs, textFlag } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";
import { VERSION_FLAGS, type VersionFlags } from "../reprocess/flags.ts";
import { madeBy, stateOf, type VersionInfo, versionsIn } from "@ssmd/dataset/versions";

interface Flags extends VersionFlags {
  feed?: string;
}

/** `ssmd reprocess list` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "List the versions of each feed, what made them, and what is read",
    "v1 is what the archiver writes. Read: the days of which readers get the version when they name " +
      "none; all = also every day to come. Made by: the normalizer (by date = that of each " +
      "connection's first day) and the software.",
    ["ssmd reprocess list", "ssmd reprocess list --feed kraken --output json"],
  ),
  parameters: { flags: { ...VERSION_FLAGS, feed: textFlag("One feed only", "feed") } },
  async func(flags) {
    const { dir } = this.globals;
    const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
    try {
      const versions = await versionsIn(storage, flags);
      const value = versions.map((info) => ({ ...valueOf(info), state: stateOf(info) }));
      const rows = versions.map(rowOf);
      this.process.stdout.write(render({ value, rows, counted: "version" }, flags.output));
    } finally {
      await storage.close();
    }
  },
});

function valueOf({ job, ...info }: VersionInfo) {
  return { ...info, recipe: job?.recipe ?? null };
}

function rowOf(info: VersionInfo): Row {
  const { env, feed, version, days, promoted, isDefault, objects, bytes } = info;
  const read = isDefault && promoted.length === days.length ? "all" : `${promoted.length} days`;
  return {
    ...{ env, feed, version, days: days.length, first: days[0], last: days.at(-1) },
    ...{ objects, size: bytesText(bytes), read, "made by": madeBy(info), state: stateOf(info) },
  };
}
