import { z } from "zod";
import { differenceLines, differenceText } from "@ssmd/dataset/diff";
import { render, type Row } from "../render.ts";
import {
  DIFFERENCE,
  DIFFERENCES,
  diffView,
  firstDifference,
  isOneSchema,
} from "../reprocess/diff_view.ts";
import type { RevisionsComparison } from "./replay_revisions.ts";

const REVISION = z.object({
  name: z.string().describe('As it was named; "" = the working tree'),
  commit: z.string(),
  seconds: z.number().describe("Time it took for all days"),
});

const DAY = z.object({
  day: z.string(),
  result: z.enum(["PASS", "FAIL"]),
  first: DIFFERENCE.nullable().describe("First record that differs"),
  ...DIFFERENCES.shape,
});

/** Comparison of two revisions as printed. */
export const COMPARISON = z.object({
  env: z.string(),
  feed: z.string(),
  passed: z.boolean(),
  baseline: REVISION,
  candidate: REVISION,
  days: z.array(DAY),
});

/** Builds a {@linkcode COMPARISON}. */
export function comparisonView(
  of: { env: string; feed: string },
  compared: RevisionsComparison,
): z.output<typeof COMPARISON> {
  const days = compared.days.map(({ day, ...diff }) => {
    const view = diffView(diff);
    const result = diff.same && isOneSchema(diff) ? "PASS" as const : "FAIL" as const;
    return { day, result, first: firstDifference(view), ...view };
  });
  const passed = days.every(({ result }) => result === "PASS");
  return { ...of, passed, ...compared, days };
}

/** Returns a comment in Markdown: a report of a comparison as its text, any other text as it is. */
export function commentText(text: string): string {
  const report = COMPARISON.safeParse(jsonOf(text));
  return report.success ? `\`\`\`\n${comparisonText(report.data)}\`\`\`\n` : text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Formats a comparison for a terminal. */
export function comparisonText(
  { baseline, candidate, days }: z.output<typeof COMPARISON>,
): string {
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
  return `${role} ${what}${hash}: in ${seconds.toFixed(1)} s`;
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
