import type { SymbolSpec } from "../adapter.ts";

/** Levels a side where the feed names none. */
export const DEFAULT_DEPTH = 10;
/** Depths that the venue offers, ascending. */
export const DEPTHS: readonly number[] = [10, 25, 100, 500, 1000];

/** One request; symbols are always a list, the id comes back in the answer. */
function request(method: string, params: Record<string, unknown>, id: number): string {
  return JSON.stringify({ method, params, req_id: id });
}

/**
 * The frames that subscribe everything: instrument, trade, ticker, and a book frame for each depth.
 * `nextId` gives request ids.
 */
export function subscribeFrames(symbols: readonly SymbolSpec[], nextId: () => number): string[] {
  const frames = [request("subscribe", {
    channel: "instrument",
    snapshot: true,
    // Else pairs of tokenized stocks are not told of.
    include_tokenized_assets: true,
  }, nextId())];
  if (symbols.length === 0) return frames;
  const symbol = symbols.map((spec) => spec.external);
  frames.push(request("subscribe", { channel: "trade", symbol, snapshot: true }, nextId()));
  const ticker = { channel: "ticker", symbol, event_trigger: "bbo", snapshot: true };
  frames.push(request("subscribe", ticker, nextId()));
  const byDepth = Map.groupBy(symbols, (spec) => spec.depth ?? DEFAULT_DEPTH);
  for (const [depth, specs] of byDepth) {
    frames.push(subscribeBook(specs.map((spec) => spec.external), depth, nextId()));
  }
  return frames;
}

/** The frame that subscribes books of one depth. */
export function subscribeBook(symbol: readonly string[], depth: number, id: number): string {
  return request("subscribe", { channel: "book", symbol, depth, snapshot: true }, id);
}

/** The frame that ends the subscription of books of one depth, which must be the subscribed one. */
export function unsubscribeBook(symbol: readonly string[], depth: number, id: number): string {
  return request("unsubscribe", { channel: "book", symbol, depth }, id);
}

let pings = 0;

/** A ping; the venue answers with a pong that carries the same id. */
export function pingFrame(): string {
  return `{"method":"ping","req_id":${++pings}}`;
}
