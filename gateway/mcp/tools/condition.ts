import type { Condition, Found } from "../answer.ts";
import { type Json, listIn } from "../../http/ask.ts";

/** Gap reasons that resolve by themselves. */
const PASSING = new Set(["not_archived_yet"]);

/** Returns the condition of a page of records, from its gaps. */
export function pageCondition(answer: Json, count: number): Condition {
  const gaps = listIn(answer, "gaps");
  const reasons = gaps.map(({ reason }) => String(reason));
  if (reasons.some((reason) => !PASSING.has(reason))) return "gaps";
  if (reasons.length > 0) return "partial";
  return count === 0 ? "empty" : "complete";
}

/** Maximum number of gaps shown beside records, without details; query_historical lists all. */
const GAPS_SHOWN = 8;

/** Returns records of a market with the newest gaps in their span. */
export function recordsFound(
  answer: Json,
  { count, records }: { count: number; records: Json },
): Pick<Found, "data" | "condition" | "notes"> {
  const { symbol, feed } = answer;
  const all = listIn(answer, "gaps");
  const gaps = all.slice(-GAPS_SHOWN).map(({ detail: _, ...gap }) => gap);
  const notes = all.length === gaps.length ? [] : [
    `${gaps.length} of ${all.length} gaps are shown: query_historical with kind gaps lists all.`,
  ];
  return {
    data: { symbol, feed, ...records, gaps },
    condition: pageCondition(answer, count),
    notes: [...notes, ...notesOf(answer)],
  };
}

/** Returns the hints of an answer as notes. */
export function notesOf(answer: Json): string[] {
  const hints = answer["_hints"];
  return Array.isArray(hints) ? hints.map(String).map(forTools) : [];
}

/** Adapts hints that name REST paths and parameters to tools. */
function forTools(sentence: string): string {
  return sentence.replace("give next as cursor", "give next_cursor as cursor")
    .replace("go on with next as cursor", "go on with next_cursor as cursor")
    .replace("times are milliseconds since 1970 (UTC)", "times are UTC");
}

/** Returns the newest time of a field, ms since 1970; null = none. */
export function newestMs(records: readonly Json[], field: string): number | null {
  let newest: number | null = null;
  for (const record of records) {
    const ms = record[field];
    if (typeof ms === "number" && (newest === null || ms > newest)) newest = ms;
  }
  return newest;
}
