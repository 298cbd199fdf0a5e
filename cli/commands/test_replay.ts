import { resolve } from "node:path";
import { z } from "zod";
import { differenceLines, differenceText } from "@ssmd/dataset/diff";
import { SPAN_FLAGS } from "../archive/archive_flags.ts";
import { withArchive } from "../archive/with_archive.ts";
import { defineCommand } from "../command/define.ts";
import { dir, text } from "../command/flag.ts";
import { notice } from "../context.ts";
import { render, type Row } from "../render.ts";
import {
  DIFFERENCE,
  DIFFERENCES,
  diffView,
  firstDifference,
  isOneSchema,
} from "../reprocess/diff_view.ts";
import { daySpanOf, VERSION_FLAGS } from "../reprocess/flags.ts";
import { replayRevisions } from "../revisions/replay_revisions.ts";
import { ownSource } from "../revisions/source.ts";
import { untilEnded } from "../revisions/until_ended.ts";

const REVISION = z.object({
  name: z.string().describe('As it was named; "" = the working tree'),
  commit: z.string(),
  seconds: z.number().describe("Time to translate all days"),
});

const DAY = z.object({
  day: z.string(),
  result: z.enum(["PASS", "FAIL"]),
  first: DIFFERENCE.nullable().describe("First record that differs"),
  ...DIFFERENCES.shape,
});

const REPLAY = z.object({
  env: z.string(),
  feed: z.string(),
  passed: z.boolean(),
  baseline: REVISION,
  candidate: REVISION,
  days: z.array(DAY),
});

export default defineCommand({
  name: "test replay",
  brief: "Compare the records that two revisions produce from the same raw files",
  description:
    "Checks out each revision into its own worktree, where its normalizer translates a copy " +
    "of the raw files; the archive is only read. A day passes when all records are equal " +
    "(except their number in the connection) and have the same schema. For a day that fails, " +
    "shows differences in the distribution of values and delays, and each symbol's first " +
    "three differences. All files are created in the folder for temporary files and removed " +
    "at the end, also after a signal; the next run removes those of a killed one. Exit code " +
    "1 when a day fails.",
  examples: [
    "ssmd test replay --source ./ssmd --feed kraken --date 2026-08-01",
    "ssmd test replay --source ./ssmd --feed kraken --baseline HEAD --candidate main --output json",
  ],
  flags: {
    ...VERSION_FLAGS,
    ...SPAN_FLAGS,
    baseline: text("Reference revision", { placeholder: "rev", default: "HEAD" }),
    candidate: text("Revision to test; default: the working tree", { placeholder: "rev" }),
    source: dir("Clone of ssmd with the revisions; default: the one that runs"),
  },
  output: REPLAY,
  failed: ({ passed }) => !passed,
  table: (value) => ({ text: textOf(value) }),
  async run({ flags, context }) {
    const { feed, baseline, candidate } = flags;
    const source = flags.source === undefined ? ownSource() : resolve(flags.source);
    return await withArchive(context, flags, (archive) =>
      untilEnded(async (signal) => {
        const replay = await replayRevisions({
          ...{ ...archive, feed, ...daySpanOf(flags), source, baseline, signal },
          ...(candidate === undefined ? {} : { candidate }),
          onStep: (step) => notice(context, step),
        });
        const days = replay.days.map(({ day, ...diff }) => {
          const view = diffView(diff);
          const result = diff.same && isOneSchema(diff) ? "PASS" as const : "FAIL" as const;
          return { day, result, first: firstDifference(view), ...view };
        });
        const passed = days.every(({ result }) => result === "PASS");
        return { env: archive.env, feed, passed, ...replay, days };
      }));
  },
});

function textOf({ baseline, candidate, days }: z.output<typeof REPLAY>): string {
  const rows = days.map(rowOf);
  const failed = days.filter(({ result }) => result === "FAIL").flatMap((day) => [
    "",
    `${day.day}: ${day.first === null ? "another schema" : firstText(day.first)}`,
    ...differenceLines({ ...day, symbolsLeftOut: day.symbols_left_out }),
  ]);
  return [
    render({ value: days, rows, counted: "day" }, "table") + revisionText("baseline ", baseline),
    revisionText("candidate", candidate),
    ...failed,
    "",
  ].join("\n");
}

function firstText(first: z.output<typeof DIFFERENCE>): string {
  return `the first record that differs: ${first.symbol} ${differenceText(first)}`;
}

function revisionText(role: string, { name, commit, seconds }: z.output<typeof REVISION>): string {
  const what = name === "" ? `working tree on ${commit.slice(0, 12)}` : name;
  const hash = name === "" || commit.startsWith(name) ? "" : ` (${commit.slice(0, 12)})`;
  return `${role} ${what}${hash}: translated in ${seconds.toFixed(1)} s`;
}

function rowOf({ day, result, types, schemas }: z.output<typeof DAY>): Row {
  const sum = (count: (type: (typeof types)[number]) => number) =>
    types.reduce((all, type) => all + count(type), 0);
  return {
    ...{ day, result },
    baseline: sum((type) => type.old),
    candidate: sum((type) => type.new),
    changed: sum(({ changed }) => changed),
    "only baseline": sum(({ only_old }) => only_old),
    "only candidate": sum(({ only_new }) => only_new),
    schemas: isOneSchema({ schemas }) ? "same" : "other",
  };
}
