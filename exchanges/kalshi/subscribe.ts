import { BOOK_CHANNEL } from "./subscriptions.ts";

/**
 * Frames that subscribe order books, tickers and trades of the markets, and the life of all markets.
 * `use_yes_price` is said although it is today's default, as the venue announced to change it.
 */
export function subscribeFrames(tickers: readonly string[], nextId: () => number): string[] {
  const lifecycle = { channels: ["market_lifecycle_v2"] };
  if (tickers.length === 0) return [command(nextId(), "subscribe", lifecycle)];
  const markets = {
    channels: [BOOK_CHANNEL, "ticker", "trade"],
    market_tickers: tickers,
    use_yes_price: false,
  };
  return [
    command(nextId(), "subscribe", markets),
    command(nextId(), "subscribe", lifecycle),
  ];
}

/** The frame that asks for fresh snapshots on a subscription of order books; its seq goes on. */
export function snapshotFrame(sid: number, tickers: readonly string[], id: number): string {
  const params = { sid, market_tickers: tickers, action: "get_snapshot" };
  return command(id, "update_subscription", params);
}

function command(id: number, cmd: string, params: Record<string, unknown>): string {
  return JSON.stringify({ id, cmd, params });
}
