import { z } from "zod";
import type { QaReport } from "@ssmd/dataset/qa";
import { EVENT_TYPES } from "@ssmd/market";
import type { Row } from "../render.ts";
import { countText } from "../format.ts";

/** Maximum number of lines printed per day below the table. */
const SHOWN_MAX = 20;

/** Record that fails a check. */
const OFFENDER = z.object({
  symbol: z.string(),
  type: z.union([z.enum(EVENT_TYPES), z.literal("")]).describe("Empty = not of one type"),
  time: z.string().describe("Receive time, ISO 8601"),
  received_at_ns: z.string().describe("Receive time, ns since 1970"),
  sequence: z.int().describe("0 = none"),
  what: z.string(),
});

const CHECK = z.object({
  check: z.string(),
  name: z.string(),
  records: z.int(),
  failures: z.int(),
  first: z.array(OFFENDER),
  note: z.string(),
});

/** Result of a day's checks. */
export const QA_REPORT = z.object({
  env: z.string(),
  feed: z.string(),
  version: z.string(),
  day: z.string(),
  ok: z.boolean(),
  records: z.int(),
  checks: z.array(CHECK),
  input: z.string().describe("SHA-256 over the day's files"),
  rules: z.string().describe("SHA-256 of the file of checks"),
  software: z.string(),
  checked_at: z.string().describe("ISO 8601"),
});

type QaReportView = z.output<typeof QA_REPORT>;

/** Builds a {@linkcode QA_REPORT} from a stored report. */
export function qaReportView(report: QaReport): QaReportView {
  const { format: _, checkedAt, checks, ...rest } = report;
  return {
    ...rest,
    checks: checks.map(({ first, ...check }) => ({
      ...check,
      first: first.map(({ receivedAt, ...each }) => ({ ...each, received_at_ns: receivedAt })),
    })),
    checked_at: checkedAt,
  };
}

/** Table of reports, one row per check. */
export function reportTable({ reports }: { reports: readonly QaReportView[] }) {
  const rows = reports.flatMap(({ day, version, checks }) =>
    checks.map(({ name, records, failures, note }): Row => ({
      ...{ day, version, check: name, records, failures },
      result: failures > 0 ? "failed" : note === "" ? "ok" : "ok in part",
    }))
  );
  return { rows, counted: "check" };
}

/** Lines for the first failing records of a report. */
export function offenderLines({ day, checks }: QaReportView): string[] {
  const lines = checks.flatMap(({ name, failures, first, note }) => [
    ...(note === "" ? [] : [`${day} ${name}: ${note}`]),
    ...first.map(({ time, symbol, sequence, what }) => {
      const which = sequence === 0 ? symbol : `${symbol} sequence ${sequence}`;
      return `${day} ${name}: ${time} ${which}: ${what}`;
    }),
    ...(failures > first.length ? [`${day} ${name}: … ${failures - first.length} more`] : []),
  ]);
  const more = lines.length - SHOWN_MAX;
  return more > 0
    ? [...lines.slice(0, SHOWN_MAX), `${day}: ${countText(more, "line")} more`]
    : lines;
}
