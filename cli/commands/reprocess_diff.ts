import { buildCommand, type Command } from "@stricli/core";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { SPAN_FLAGS, type SpanFlags } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { docs, listFlag } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";
import { diffVersions, type VersionDiff } from "@ssmd/dataset/diff";
import { differenceLines } from "@ssmd/dataset/diff";
import {
  daySpanOf,
  FEED_FLAG,
  VERSION_FLAGS,
  versionFlag,
  type VersionFlags,
} from "../reprocess/flags.ts";
import { versionNamed } from "@ssmd/dataset/versions";

interface Flags extends VersionFlags, SpanFlags {
  feed: string;
  old: string;
  new: string;
  symbol?: string[];
  type?: EventType[];
}

/** `ssmd reprocess diff` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Compare two versions: counts, schemas, values, and the first records that differ",
    "Over the days that both have. Records belong together when symbol, type and receive time are " +
      "the same. Same: all fields but the number in the connection, which one record more shifts for " +
      "all behind it (renumbered). Values: smallest, largest, mean, and quantiles right to 0.5 %. Of " +
      "each symbol the first three differences are shown with their fields. Exit code 0 whether " +
      "there are differences or not.",
    [
      "ssmd reprocess diff --feed kraken --old v1 --new v2",
      "ssmd reprocess diff --feed kraken --old v1 --new v2 --date 2026-08-01 --symbol BTCUSD",
    ],
  ),
  parameters: {
    flags: {
      ...VERSION_FLAGS,
      feed: FEED_FLAG,
      old: versionFlag("The version that was"),
      new: versionFlag("The version that is to be"),
      ...SPAN_FLAGS,
      symbol: listFlag("Only these symbols, with commas between", "symbols"),
      type: {
        kind: "enum",
        values: EVENT_TYPES,
        brief: "Of this type; may be repeated",
        optional: true,
        variadic: true,
      },
    },
  },
  func: diff,
});

async function diff(this: SsmdContext, flags: Flags): Promise<void> {
  const { dir } = this.globals;
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const env = await envOf(storage, flags.env);
    const { feed, old, symbol, type } = flags;
    const days = await commonDays(storage, env, flags);
    const found = await diffVersions(storage, {
      ...{ env, feed, old, new: flags.new, days },
      ...(symbol === undefined ? {} : { symbols: symbol }),
      ...(type === undefined ? {} : { types: type }),
    });
    const value = { env, feed, old, new: flags.new, days, ...found };
    this.process.stdout.write(render({ value, rows: rowsOf(found) }, flags.output));
    if (flags.output !== "table") return;
    for (const line of differenceLines(found)) this.process.stdout.write(`${line}\n`);
    const verdict = found.same ? "no difference" : "there are differences";
    notice(this, `${verdict} on ${days.length === 1 ? days[0] : `${days.length} days`}`);
  } finally {
    await storage.close();
  }
}

async function commonDays(storage: Storage, env: string, flags: Flags): Promise<string[]> {
  const { feed } = flags;
  const [old, now] = [
    await versionNamed(storage, { env, feed, version: flags.old }),
    await versionNamed(storage, { env, feed, version: flags.new }),
  ];
  const { from, to } = daySpanOf(flags);
  const days = old.days.filter((day) => now.days.includes(day) && day >= from && day <= to);
  if (days.length > 0) return days;
  throw new ArchiveError("DAY_MISSING", "The versions have none of these days in common.", {
    hint: `${flags.old} has ${old.days.join(", ")}; ${flags.new} has ${now.days.join(", ")}.`,
    context: { env, feed },
  });
}

function rowsOf({ types, schemas }: VersionDiff): Row[] {
  return types.map(({ type, ...counts }) => {
    const schema = schemas.find((each) => each.type === type);
    const isOne = schema?.old === schema?.new;
    return {
      type,
      old: counts.old,
      new: counts.new,
      same: counts.same,
      changed: counts.changed,
      "only old": counts.onlyOld,
      "only new": counts.onlyNew,
      renumbered: counts.renumbered,
      schema: isOne ? schema?.old : `${schema?.old || "none"} → ${schema?.new || "none"}`,
    };
  });
}
