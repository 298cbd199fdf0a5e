import type { MarketEvent } from "@ssmd/market";
import type { Normalizer, SymbolSpec } from "../adapter.ts";
import { kalshi } from "./venue.ts";

/** Price and size as text, as the venue writes them. */
export type TextLevel = readonly [price: string, size: string];

/** An acknowledgement. */
export function ackFrame(channel: string, sid: number): string {
  return JSON.stringify({ type: "subscribed", id: 1, msg: { channel, sid } });
}

/** A numbered frame. */
export function numbered(type: string, sid: number, seq: number, msg: unknown): string {
  return JSON.stringify({ type, sid, seq, msg });
}

/** A snapshot frame; sides that are empty are left out, as the venue does. */
export function snapshotFrame(
  sid: number,
  seq: number,
  ticker: string,
  yes: readonly TextLevel[],
  no: readonly TextLevel[],
): string {
  return numbered("orderbook_snapshot", sid, seq, {
    market_ticker: ticker,
    market_id: "00000000-0000-0000-0000-000000000001",
    ...(yes.length > 0 ? { yes_dollars_fp: yes } : {}),
    ...(no.length > 0 ? { no_dollars_fp: no } : {}),
  });
}

/** A delta frame. */
export function deltaFrame(
  sid: number,
  seq: number,
  ticker: string,
  side: string,
  price: string,
  change: string,
): string {
  return numbered("orderbook_delta", sid, seq, {
    market_ticker: ticker,
    price_dollars: price,
    delta_fp: change,
    side,
    ts: "2026-08-01T00:00:01.12345Z",
    ts_ms: 1785542401123,
  });
}

/** A normalizer of the newest format, or of the one with this id. */
export function kalshiNormalizer(symbols: readonly SymbolSpec[] = [], id?: string): Normalizer {
  const version = kalshi.normalizers.find((other) => other.id === id) ?? kalshi.normalizers.at(-1);
  if (version === undefined) throw new TypeError("The venue has no normalizer.");
  return version.create({ feed: "kalshi", symbols });
}

/** Events in short. */
export function brief(events: readonly MarketEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "orderbook") return `${event.kind} ${event.symbol}`;
    if (event.type === "gap") {
      return `gap ${event.reason} ${event.symbol}${event.recovered ? " recovered" : ""}`;
    }
    if (event.type === "status") return `status ${event.symbol} ${event.state} ${event.result}`;
    return `${event.type} ${event.symbol}`;
  });
}
