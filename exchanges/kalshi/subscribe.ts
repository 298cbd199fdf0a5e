import { BOOK_CHANNEL } from "./subscriptions.ts";

/** The life of all markets but combos. */
export const LIFECYCLE_CHANNEL = "market_lifecycle_v2";
/** The life of combos. */
export const COMBO_LIFECYCLE_CHANNEL = "multivariate_market_lifecycle";
/** How the tickers of combos begin: markets that are made of several others. */
const COMBO = /^KXMVE/;

/**
 * The channels of a connection: one command each, since the venue limits the markets of a command.
 * The channels of lives take no markets.
 */
export function channelsOf(tickers: readonly string[]): string[] {
  const ofMarkets = tickers.length > 0 ? [BOOK_CHANNEL, "ticker", "trade"] : [];
  const ofCombos = tickers.some((ticker) => COMBO.test(ticker)) ? [COMBO_LIFECYCLE_CHANNEL] : [];
  return [...ofMarkets, LIFECYCLE_CHANNEL, ...ofCombos];
}

/**
 * The frame that subscribes a channel, of these markets where it takes any. `use_yes_price` is said
 * although it is today's default, as the venue announced to change it.
 */
export function subscribeFrame(id: number, channel: string, tickers: readonly string[]): string {
  return command(id, "subscribe", {
    channels: [channel],
    ...(tickers.length > 0 ? { market_tickers: tickers } : {}),
    ...(channel === BOOK_CHANNEL ? { use_yes_price: false } : {}),
    ...(channel === "ticker" ? { send_initial_snapshot: true } : {}),
  });
}

/** The frame that asks for fresh snapshots on a subscription of order books; its seq goes on. */
export function snapshotFrame(sid: number, tickers: readonly string[], id: number): string {
  const params = { sid, market_tickers: tickers, action: "get_snapshot" };
  return command(id, "update_subscription", params);
}

function command(id: number, cmd: string, params: Record<string, unknown>): string {
  return JSON.stringify({ id, cmd, params });
}
