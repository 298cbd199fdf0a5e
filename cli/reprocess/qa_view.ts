import type { QaReport } from "@ssmd/dataset/qa";
import type { Row } from "../render.ts";

/** Offending records that are printed of a day, below the table. */
const SHOWN_MAX = 20;

/** The rows of reports: a check a row. */
export function reportRows(reports: readonly QaReport[]): Row[] {
  return reports.flatMap(({ day, version, checks }) =>
    checks.map(({ name, records, failures, note }) => ({
      ...{ day, version, check: name, records, failures },
      result: failures > 0 ? "failed" : note === "" ? "ok" : "ok in part",
    }))
  );
}

/** The first offending records of a report, a line each. */
export function offenderLines({ day, checks }: QaReport): string[] {
  const lines = checks.flatMap(({ name, failures, first, note }) => [
    ...(note === "" ? [] : [`${day} ${name}: ${note}`]),
    ...first.map(({ time, symbol, sequence, what }) => {
      const which = sequence === 0 ? symbol : `${symbol} sequence ${sequence}`;
      return `${day} ${name}: ${time} ${which}: ${what}`;
    }),
    ...(failures > first.length ? [`${day} ${name}: … ${failures - first.length} more`] : []),
  ]);
  const more = lines.length - SHOWN_MAX;
  return more > 0 ? [...lines.slice(0, SHOWN_MAX), `${day}: ${more} lines more`] : lines;
}
