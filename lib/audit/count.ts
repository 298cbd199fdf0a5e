import type { Statements } from "@ssmd/database";
import { type AuditFilter, firstOf, lastOf } from "./event.ts";
import { positionsOf, whereOf } from "./where.ts";

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

/** Length of `YYYY-MM-DDTHH`. */
const HOUR_LETTERS = 13;

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
