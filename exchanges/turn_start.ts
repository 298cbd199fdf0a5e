import { ALL_SYMBOLS, lostGap, type MarketEvent, type RunTurn } from "@ssmd/market";
import type { Normalizer } from "./adapter.ts";

/** First line of a turn. */
interface TurnStart {
  feed: string;
  normalizer: Normalizer;
  /** Time of the connection's last line, µs; 0 = none yet. */
  lastUs: number;
  /** Time of the line, µs. */
  atUs: number;
  /** Name of the connection's event; "" = a frame. */
  event: string;
}

/** Gap at the start of a turn for data that no run has published; empty when there is none. */
export function gapBeforeTurn(
  { after, isLate = false }: RunTurn,
  { feed, normalizer, lastUs, atUs, event }: TurnStart,
): MarketEvent[] {
  if (after === undefined || after.atUs <= 0) return [];
  const detail = `what came after run ${after.run} ended is missing`;
  const { lastGoodAtUs: fromUs = after.atUs } = after;
  if (lastUs === 0) {
    // The event's own gap says the same.
    return event === "resumed" ? [] : normalizer.disconnected(fromUs, atUs, { why: detail });
  }
  if (!isLate) return [];
  const target = { feed, symbol: ALL_SYMBOLS, channel: "all", reason: "disconnect" } as const;
  return [lostGap({ ...target, missed: null, detail, fromUs, atUs })];
}
