import { crc32 } from "node:zlib";
import type { MarketEvent } from "@ssmd/market";
import type { Normalizer, SymbolSpec } from "../adapter.ts";
import { kraken } from "./venue.ts";

/** Price and size as text, as the venue writes them. */
export type TextLevel = readonly [price: string, size: string];

/** The checksum of a book given best first, from its text. */
export function textChecksum(bids: readonly TextLevel[], asks: readonly TextLevel[]): number {
  const digits = (levels: readonly TextLevel[]) =>
    levels.slice(0, 10).flat().map((text) => text.replace(".", "").replace(/^0+/, "")).join("");
  return crc32(digits(asks) + digits(bids));
}

/** The text of a book frame; numbers keep their zeros. */
export function bookFrame(
  type: "snapshot" | "update",
  symbol: string,
  bids: readonly TextLevel[],
  asks: readonly TextLevel[],
  checksum: number,
): string {
  const list = (levels: readonly TextLevel[]) =>
    levels.map(([price, size]) => `{"price":${price},"qty":${size}}`).join(",");
  return `{"channel":"book","type":"${type}","data":[{"symbol":"${symbol}","bids":[${
    list(bids)
  }],"asks":[${list(asks)}],"checksum":${checksum},"timestamp":"2026-08-01T00:00:01.000250Z"}]}`;
}

/** The snapshot frame of a book given best first. */
export function snapshotFrame(
  symbol: string,
  bids: readonly TextLevel[],
  asks: readonly TextLevel[],
): string {
  return bookFrame("snapshot", symbol, bids, asks, textChecksum(bids, asks));
}

/** The text of a trade frame. */
export function tradeFrame(type: "snapshot" | "update", ids: readonly number[]): string {
  const data = ids.map((id) => ({
    symbol: "BTC/USD",
    side: "buy",
    price: 100.5,
    qty: 0.25,
    ord_type: "limit",
    trade_id: id,
    timestamp: "2026-08-01T00:00:01.000250Z",
  }));
  return JSON.stringify({ channel: "trade", type, data });
}

/** The text of an instrument frame with one pair. */
export function instrumentFrame(status: string, price = 1, size = 8, symbol = "BTC/USD"): string {
  const pair = { symbol, status, price_precision: price, qty_precision: size };
  return JSON.stringify({
    channel: "instrument",
    type: "update",
    data: { assets: [], pairs: [pair] },
  });
}

/** A normalizer of the newest format. */
export function krakenNormalizer(symbols: readonly SymbolSpec[] = []): Normalizer {
  const version = kraken.normalizers.at(-1);
  if (version === undefined) throw new TypeError("The venue has no normalizer.");
  return version.create({ feed: "kraken", symbols });
}

/** Events in short: `type kind|reason|state symbol`. */
export function brief(events: readonly MarketEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "orderbook") return `${event.kind} ${event.symbol}`;
    if (event.type === "gap") {
      return `gap ${event.reason} ${event.symbol}${event.recovered ? " recovered" : ""}`;
    }
    if (event.type === "status") return `status ${event.symbol} ${event.state}`;
    return `${event.type} ${event.symbol}`;
  });
}
