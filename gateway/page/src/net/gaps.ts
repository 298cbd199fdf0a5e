import type { GapEntry } from "../state/feed_health.ts";
import type { Rest } from "./rest.ts";

/** Gaps per page, and maximum number of pages. */
const GAPS_LIMIT = 5000;
const GAP_PAGES_MAX = 4;

/**
 * All gaps since a time, ms; absent = last day. Sorted oldest first; `isCut` = the newest are
 * missing, because there were too many. undefined = no answer.
 */
export async function readGaps(
  rest: Rest,
  fromMs?: number,
): Promise<{ gaps: GapEntry[]; isCut: boolean } | undefined> {
  const gaps: GapEntry[] = [];
  const from = fromMs === undefined ? "" : `&from=${fromMs}`;
  let cursor = "";
  for (let page = 0; page < GAP_PAGES_MAX; page++) {
    const path = `/v1/gaps?limit=${GAPS_LIMIT}${from}${cursor}`;
    const answer = await rest.get(path, { keep: page === 0 });
    if (!answer.ok) return undefined;
    gaps.push(...answer.body["gaps"] as GapEntry[]);
    const next = answer.body["next"];
    if (next === undefined) return { gaps, isCut: false };
    cursor = `&cursor=${encodeURIComponent(String(next))}`;
  }
  return { gaps, isCut: true };
}
