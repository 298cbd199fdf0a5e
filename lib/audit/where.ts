import type { SqlValue, Statements } from "@ssmd/database";
import { type AuditFilter, firstOf, lastOf } from "./event.ts";

/** Maps a time span to positions; times never decrease with positions. */
export async function positionsOf({ all }: Statements, { from, to }: AuditFilter) {
  const position = async (order: string, value: string) => {
    const [row] = await all(`SELECT position FROM events WHERE at ${order} LIMIT 1`, value);
    return Number(row?.["position"] ?? -1);
  };
  const last = to === undefined
    ? Number.MAX_SAFE_INTEGER
    : await position("<= $1 ORDER BY at DESC, position DESC", lastOf(to));
  const first = from === undefined
    ? 0
    : await position(">= $1 ORDER BY at, position", firstOf(from));
  return first < 0 ? { first: 0, last: -1 } : { first, last };
}

/** Returns the condition of a filter; outcomes other than `done` have indexes of their own. */
export function whereOf(
  { actor, action, category, outcome }: AuditFilter,
  { first, last }: { first: number; last: number },
) {
  const values: SqlValue[] = [];
  const add = (value: SqlValue) => `$${values.push(value)}`;
  const few = outcome !== undefined && outcome !== "done";
  const where = [`position BETWEEN ${add(first)} AND ${add(last)}`];
  if (few) where.push("outcome <> 'done'");
  const given = Object.entries({ actor, action, category }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }]
  );
  for (const [i, { name, value }] of given.entries()) {
    // An expression uses no index: only the first one is to, that of refusals and failures.
    where.push(`${few && i > 0 ? `${name} || ''` : name} = ${add(value)}`);
  }
  if (outcome !== undefined) where.push(`outcome = ${add(outcome)}`);
  return { where: where.join(" AND "), values, add };
}
