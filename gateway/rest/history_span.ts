import { z } from "zod";
import { DAY_US } from "@ssmd/runtime";
import type { Position } from "../history/position.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { valueOfCursor } from "../http/cursor.ts";
import { invalidParameter, Problem } from "../http/problem.ts";

/** A span of time, µs. */
export interface Span {
  fromUs: number;
  /** End of the span, exclusive. */
  toUs: number;
}

/** Returns the span of a request. Throws {@linkcode Problem} (400) when it is empty or too long. */
export function spanOf(
  { from, to }: { from?: number | undefined; to?: number | undefined },
  nowUs: number,
  daysDefault: number = GATEWAY_LIMITS.historySpanDaysDefault,
): Span {
  const toUs = to ?? Math.max(nowUs + 1, (from ?? 0) + 1);
  const fromUs = from ?? Math.max(0, toUs - daysDefault * DAY_US);
  if (fromUs >= toUs) throw invalidParameter("from", "is not before to", "from is before to");
  const days = GATEWAY_LIMITS.historySpanDaysMax;
  if (toUs - fromUs > days * DAY_US) {
    const hint = `at most ${days} days in one request: ask for one part after another`;
    throw new Problem("SPAN_TOO_LONG", "The span is too long", { status: 400, hint });
  }
  return { fromUs, toUs };
}

const US = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const CURSOR = z.tuple([z.enum(["asc", "desc"]), US, US, US, z.int(), z.int().min(0).max(1e6)]);

/** Returns span and position in a history's cursor. Throws {@linkcode Problem} (400). */
export function positionOfCursor(
  cursor: string,
  wanted: "asc" | "desc",
): { span: Span; after: Position } {
  const [order, fromUs, toUs, atUs, sequence, same] = valueOfCursor(cursor, CURSOR);
  if (order !== wanted) {
    const hint = `give order=${order} again, as in the request before`;
    throw new Problem("INVALID_CURSOR", "The cursor is of the other order", { status: 400, hint });
  }
  const days = GATEWAY_LIMITS.historySpanDaysMax;
  if (fromUs >= toUs || toUs - fromUs > days * DAY_US) {
    const hint = "give next of the answer before as it came";
    throw new Problem("INVALID_CURSOR", "The cursor is none of these answers", {
      status: 400,
      hint,
    });
  }
  return { span: { fromUs, toUs }, after: { atUs, sequence, same } };
}
