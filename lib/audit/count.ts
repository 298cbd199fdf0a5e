import type { Statements } from "@ssmd/database";
import { type AuditFilter, firstOf, lastOf } from "./event.ts";
import { positionsOf, whereOf } from "./where.ts";

/** Length of `YYYY-MM-DDTHH`. */
const HOUR_LETTERS = 13;

/** Number of events by category and outcome. */
export interface AuditCount {
  category: string;
  outcome: string;
  events: number;
}

/**
 * Counts events by category and outcome, sorted. Events of whole hours are counted as they are
 * written; those of begun hours, and of one actor or action, are read.
 */
export async function countEvents(
  statements: Statements,
  filter: AuditFilter,
): Promise<AuditCount[]> {
  const { actor, action, ...others } = filter;
  if (actor !== undefined || action !== undefined) return await countRows(statements, filter);
  const { hours, edges } = hoursOf(others);
  const parts = [await countHours(statements, others, hours)];
  for (const edge of edges) parts.push(await countRows(statements, { ...others, ...edge }));
  return sumOf(parts.flat());
}

/** A stored count of an hour that is not the number of its events. */
export interface WrongCount extends AuditCount {
  /** `YYYY-MM-DDTHH`, UTC. */
  hour: string;
  /** Number of events in the log; `events` is the stored count, 0 = none. */
  found: number;
}

/** One statement, so that events appended meanwhile are in both parts or in none. */
const WRONG_COUNTS = `WITH found AS (
    SELECT substr(at, 1, ${HOUR_LETTERS}) AS hour, category, outcome, count(*) AS events
      FROM events GROUP BY 1, 2, 3
  ) SELECT coalesce(counts.hour, found.hour) AS hour,
      coalesce(counts.category, found.category) AS category,
      coalesce(counts.outcome, found.outcome) AS outcome,
      coalesce(counts.events, 0) AS events, coalesce(found.events, 0) AS found
    FROM found FULL JOIN counts ON counts.hour = found.hour
      AND counts.category = found.category AND counts.outcome = found.outcome
    WHERE coalesce(counts.events, 0) <> coalesce(found.events, 0)
    ORDER BY 1, 2, 3 LIMIT $1`;

/** Returns up to `limit` stored counts that the events do not have, by hour. */
export async function wrongCounts({ all }: Statements, limit: number): Promise<WrongCount[]> {
  return (await all(WRONG_COUNTS, limit)).map((row) => ({
    ...countOf(row),
    hour: String(row["hour"]),
    found: Number(row["found"]),
  }));
}

/** Counts matching events one by one. */
async function countRows(statements: Statements, filter: AuditFilter): Promise<AuditCount[]> {
  const { where, values } = whereOf(filter, await positionsOf(statements, filter));
  const sql = `SELECT category, outcome, count(*) AS events FROM events WHERE ${where}
    GROUP BY category, outcome ORDER BY category, outcome`;
  return (await statements.all(sql, ...values)).map(countOf);
}

/** Sums the counts of whole hours. */
async function countHours(
  { all }: Statements,
  { category, outcome }: AuditFilter,
  { first, end }: { first: string; end: string },
): Promise<AuditCount[]> {
  const rows = await all(
    `SELECT category, outcome, sum(events) AS events FROM counts
      WHERE hour >= $1 AND hour < $2 GROUP BY category, outcome ORDER BY category, outcome`,
    ...[first, end],
  );
  return rows.map(countOf).filter((row) =>
    (category ?? row.category) === row.category && (outcome ?? row.outcome) === row.outcome
  );
}

/** Splits a time span into whole hours, from `first` to before `end`, and begun ones at its ends. */
function hoursOf({ from, to }: AuditFilter) {
  const [first, last] = [firstOf(from), lastOf(to)];
  if (first > last) return { hours: { first: "", end: "" }, edges: [] };
  const [hourFirst, hourLast] = [first.slice(0, HOUR_LETTERS), last.slice(0, HOUR_LETTERS)];
  const isBegun = first.length > HOUR_LETTERS;
  const isEnded = to !== undefined && last.length > HOUR_LETTERS + 1;
  const hours = { first: isBegun ? lastOf(hourFirst) : first, end: isEnded ? hourLast : last };
  if (isBegun && isEnded && hourFirst === hourLast) return { hours, edges: [{ from, to }] };
  const edges = [
    ...isBegun ? [{ from, to: hourFirst }] : [],
    ...isEnded ? [{ from: hourLast, to }] : [],
  ];
  return { hours, edges };
}

/** Sums counts of the same category and outcome, sorted. */
function sumOf(counts: readonly AuditCount[]): AuditCount[] {
  const sums = new Map<string, AuditCount>();
  for (const count of counts) {
    const key = `${count.category}\0${count.outcome}`;
    const before = sums.get(key)?.events ?? 0;
    sums.set(key, { ...count, events: before + count.events });
  }
  return [...sums].sort(([a], [b]) => a < b ? -1 : 1).map(([, count]) => count);
}

function countOf({ category, outcome, events }: Readonly<Record<string, unknown>>): AuditCount {
  return { category: String(category), outcome: String(outcome), events: Number(events) };
}
