import { z } from "zod";
import { listArchive } from "../archive/list_archive.ts";
import { ARCHIVE } from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER, FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { bytesText, countText } from "../format.ts";
import type { Row } from "../render.ts";
import { madeBy, stateOf, type VersionInfo, versionsIn } from "@ssmd/dataset/versions";

const VERSION = z.object({
  env: z.string(),
  feed: z.string(),
  version: z.string(),
  days: z.array(z.string()),
  active_days: z.array(z.string()).describe("Days for which readers get it by default"),
  is_default: z.boolean().describe("Whether it is the default of days without their own choice"),
  objects: z.int(),
  bytes: z.int(),
  made_by: z.string(),
  recipe: z.object({
    normalizer: z.string(),
    schemas: z.record(z.string(), z.string()).describe("Version and SHA-256 by type"),
    software: z.string(),
  }).nullable().describe("null = written by the archiver"),
  state: z.string().describe(
    "running, interrupted, failed or done; empty = not made by reprocessing",
  ),
});

export default defineCommand({
  name: "reprocess list",
  brief: "List the versions of each feed, their software, and the days that readers get",
  description:
    "v1 is written by the archiver. Read: days for which readers get the version by default; " +
    "all = also every future day. Made by: the normalizer (by date = that of each " +
    "connection's first day) and the software.",
  examples: ["ssmd reprocess list", "ssmd reprocess list --feed kraken --output json"],
  flags: { data: ARCHIVE, env: ENVIRONMENT_FILTER, feed: FEED_FILTER },
  output: z.array(VERSION),
  table: (versions) => ({ rows: versions.map(rowOf), counted: "version" }),
  run: ({ flags, context }) =>
    listArchive(context, flags, {
      none: [],
      read: async (storage) => (await versionsIn(storage, flags)).map(viewOf),
    }),
});

function viewOf(info: VersionInfo): z.output<typeof VERSION> {
  const { job, isDefault, activeDays, ...rest } = info;
  return {
    ...rest,
    active_days: activeDays,
    is_default: isDefault,
    made_by: madeBy(info),
    recipe: job?.recipe ?? null,
    state: stateOf(info),
  };
}

function rowOf(view: z.output<typeof VERSION>): Row {
  const { env, feed, version, days, active_days, objects, state } = view;
  const all = view.is_default && active_days.length === days.length;
  return {
    ...{ env, feed, version, days: days.length, first: days[0], last: days.at(-1), objects },
    ...{ size: bytesText(view.bytes), read: all ? "all" : countText(active_days.length, "day") },
    ...{ "made by": view.made_by, state },
  };
}
