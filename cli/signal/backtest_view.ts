import { z } from "zod";
import type { Fire } from "@ssmd/market";
import { isoOfUs } from "@ssmd/runtime";
import { countText } from "../format.ts";
import { render } from "../render.ts";

const FIRES_SHOWN_MAX = 20;

const FIRE = z.object({
  id: z.string(),
  at: z.string().describe("Event time, ISO 8601"),
  feed: z.string(),
  symbol: z.string(),
  values: z.record(z.string(), z.unknown()),
});

/** Comparison of backtest fires with those archived live. */
export const COMPARED = z.object({
  equal: z.int().describe("Fires that are equal byte for byte"),
  missing: z.array(z.string()).describe("Ids that fired only live; 100 at most"),
  extra: z.array(z.string()).describe("Ids that fired only here; 100 at most"),
  different: z.array(z.string()).describe("Ids with other contents; 100 at most"),
  live_sha256: z.string(),
  other_versions: z.int().describe("Live fires of another source or other parameters"),
});

/** Backtest result as printed. */
export const BACKTEST = z.object({
  ok: z.boolean(),
  signal: z.string(),
  version: z.int(),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  source_hash: z.string(),
  env: z.string(),
  from: z.string().nullable().describe("First record that counts; null = none"),
  to: z.string().nullable(),
  records: z.int().describe("Records read, including the warm-up"),
  instances: z.int(),
  fires: z.int(),
  fires_per_hour: z.number().nullable(),
  sha256: z.string().describe("SHA-256 of the fires as lines of canonical JSON"),
  outcomes: z.array(z.object({
    after: z.string(),
    count: z.int(),
    mean: z.number().nullable(),
    median: z.number().nullable(),
    up_share: z.number().nullable(),
  })).describe("Change of the mid price after fires, in the quote unit"),
  data: z.array(z.object({
    feed: z.string(),
    day: z.string(),
    version: z.string().describe(
      "Version of the records; fires that were archived live are always of v1",
    ),
    condition: z.string(),
    why: z.string(),
    gaps: z.int(),
  })),
  problems: z.array(z.string()),
  ns_per_record: z.int().nullable(),
  compared_live: COMPARED.nullable().describe("null = not requested"),
  list: z.array(FIRE).describe("The first 1000 fires"),
  list_truncated: z.boolean(),
});

/** Fire as printed. */
export function fireView({ id, receivedAtUs, feed, symbol, values }: Fire): z.output<typeof FIRE> {
  return { id, at: isoOfUs(receivedAtUs), feed, symbol, values: JSON.parse(values) };
}

/** Formats a backtest result as text. */
export function backtestText(result: z.input<typeof BACKTEST>): string {
  const { signal, version, from, to, fires, fires_per_hour: rate, outcomes, data, list } = result;
  const shown = list.slice(-FIRES_SHOWN_MAX);
  const rows = shown.map(({ at, feed, symbol, values }) => ({
    ...{ at, feed, symbol, values: JSON.stringify(values) },
  }));
  const after = outcomes.map(({ after, count, mean, median, up_share }) => ({
    ...{ after, fires: count, mean, median, "share up": up_share },
  }));
  return [
    ...(rows.length === 0 ? [] : [render({ value: list, rows }, "table").trimEnd()]),
    ...(fires > shown.length
      ? [`(the last ${shown.length} of ${list.length} that are listed)`]
      : []),
    `${signal} v${version}: ${countText(fires, "fire")} of ${
      countText(result.instances, "market")
    }` +
    (rate === null ? "" : `, ${rate} an hour`),
    `span     ${from ?? "-"} to ${to ?? "-"}, ${countText(result.records, "record")}` +
    (result.ns_per_record === null ? "" : `, ${result.ns_per_record} ns each`),
    ...(fires === 0 ? [] : [render({ value: outcomes, rows: after }, "table").trimEnd()]),
    ...data.map(({ feed, day, version, condition, why, gaps }) =>
      `data     ${feed} ${day} ${version}: ${condition}, ${countText(gaps, "gap")}; ${why}`
    ),
    ...result.problems.map((problem) => `problem  ${problem}`),
    ...comparedLines(result.compared_live),
    `sha256   ${result.sha256}`,
  ].join("\n") + "\n";
}

function comparedLines(compared: z.input<typeof COMPARED> | null): string[] {
  if (compared === null) return [];
  const { equal, missing, extra, different, other_versions: others } = compared;
  return [
    `live     ${equal} equal, ${missing.length} missing, ${extra.length} extra, ` +
    `${different.length} different` +
    (others === 0 ? "" : `; ${others} of another source or other parameters are left out`),
    ...[...missing.map((id) => `missing ${id}`), ...extra.map((id) => `extra   ${id}`)].slice(
      0,
      20,
    ),
  ];
}
