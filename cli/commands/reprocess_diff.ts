import { z } from "zod";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { withArchive } from "../archive/with_archive.ts";
import { RECORD_TYPES, SPAN_FLAGS } from "../archive/archive_flags.ts";
import { OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { list, text, type ValuesOf } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { render } from "../render.ts";
import { differenceLines, diffVersions, type VersionDiff } from "@ssmd/dataset/diff";
import { DIFFERENCES, diffRows, diffView } from "../reprocess/diff_view.ts";
import { daySpanOf, VERSION_FLAGS } from "../reprocess/flags.ts";
import { versionNamed } from "@ssmd/dataset/versions";

const DIFF = z.object({
  env: z.string(),
  feed: z.string(),
  old: z.string(),
  new: z.string(),
  days: z.array(z.string()),
  ...DIFFERENCES.shape,
});

const FLAGS = {
  ...VERSION_FLAGS,
  old: text("The old version", { placeholder: "version", required: true }),
  new: text("The new version", { placeholder: "version", required: true }),
  ...SPAN_FLAGS,
  symbol: list("Only these symbols, separated by commas", { placeholder: "symbols" }),
  type: RECORD_TYPES,
  output: OUTPUT,
};

type Flags = ValuesOf<typeof FLAGS>;

export default defineCommand({
  name: "reprocess diff",
  brief: "Compare two versions: counts, schemas, values, and the first records that differ",
  description:
    "Compares the days that both versions have. Records are paired by symbol, type and " +
    "receive time. Same: all fields are equal except the number in the connection, which one " +
    "additional record shifts for all later ones (renumbered). Values: smallest, largest, " +
    "mean, and quantiles accurate to 0.5 %. The first three differences of each symbol are " +
    "shown with their fields. Exit code 0 with and without differences.",
  examples: [
    "ssmd reprocess diff --feed kraken --old v1 --new v2",
    "ssmd reprocess diff --feed kraken --old v1 --new v2 --date 2026-08-01 --symbol BTCUSD",
  ],
  flags: FLAGS,
  prints: DIFF,
  run: ({ flags, context }) =>
    withArchive(context, flags, async ({ storage, env }) => {
      const { feed, old, symbol, type } = flags;
      const days = await commonDays(storage, env, flags);
      const found = await diffVersions(storage, {
        ...{ env, feed, old, new: flags.new, days },
        ...(symbol === undefined ? {} : { symbols: symbol }),
        ...(type === undefined ? {} : { types: type }),
      });
      if (flags.output === "table") return printTable(context, found, days);
      const value = { env, feed, old, new: flags.new, days, ...diffView(found) };
      context.process.stdout.write(render({ value, rows: [] }, flags.output));
    }),
});

function printTable(context: SsmdContext, found: VersionDiff, days: readonly string[]): void {
  const { stdout } = context.process;
  stdout.write(render({ value: found, rows: diffRows(diffView(found)) }, "table"));
  for (const line of differenceLines(found)) stdout.write(`${line}\n`);
  const verdict = found.same ? "no difference" : "there are differences";
  notice(context, `${verdict} on ${days.length === 1 ? days[0] : `${days.length} days`}`);
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
  throw new ArchiveError("DAY_MISSING", "The versions have none of these days in common", {
    hint: `${flags.old} has ${old.days.join(", ")}; ${flags.new} has ${now.days.join(", ")}`,
    context: { env, feed },
  });
}
