/**
 * Frames of Polymarket's market channel, as they look after `JSON.parse`: an event, or an array of
 * events. Numbers are texts, times are milliseconds as texts, a token id is a decimal text of up to
 * 78 digits. Bids ascend and asks descend: the best level is the last.
 *
 * ```json
 * {"market":"0x3b","asset_id":"61","timestamp":"1783132505573","hash":"46","bids":[],"asks":[{"price":"0.999","size":"19500402.66"}],"tick_size":"0.001","event_type":"book","last_trade_price":"0.001"}
 * {"market":"0xef","price_changes":[{"asset_id":"33","price":"0.002","size":"319637.93","side":"SELL","hash":"18","best_bid":"0.001","best_ask":"0.002"}],"timestamp":"1790491136945","event_type":"price_change"}
 * {"market":"0xef","asset_id":"33","price":"0.002","size":"5","fee_rate_bps":"0","side":"BUY","timestamp":"1790491136945","event_type":"last_trade_price","transaction_hash":"0x7a"}
 * {"asset_id":"33","market":"0xef","old_tick_size":"0.01","new_tick_size":"0.001","timestamp":"1790491136945","event_type":"tick_size_change"}
 * {"market":"0xef","asset_id":"33","best_bid":"0.001","best_ask":"0.002","spread":"0.001","timestamp":"1790491136945","event_type":"best_bid_ask"}
 * {"id":"9","question":"Rain?","market":"0xef","slug":"rain","assets_ids":["33","10"],"outcomes":["Yes","No"],"timestamp":"1790491136945","event_type":"new_market"}
 * {"id":"9","market":"0xef","assets_ids":["33","10"],"winning_asset_id":"33","winning_outcome":"Yes","timestamp":"1790491136945","event_type":"market_resolved"}
 * ```
 *
 * Source: https://docs.polymarket.com/developers/CLOB/websocket/market-channel
 */
export interface PolymarketEvent {
  event_type?: unknown;
  /** Condition id. */
  market?: unknown;
  /** Token id of one outcome. */
  asset_id?: unknown;
  timestamp?: unknown;
  bids?: unknown;
  asks?: unknown;
  /** Hash of the whole book. */
  hash?: unknown;
  /** Sent with a subscription's first book only. */
  tick_size?: unknown;
  last_trade_price?: unknown;
  price_changes?: unknown;
  price?: unknown;
  size?: unknown;
  /** Side of the taker, for trades. */
  side?: unknown;
  transaction_hash?: unknown;
  new_tick_size?: unknown;
  best_bid?: unknown;
  best_ask?: unknown;
  assets_ids?: unknown;
  winning_asset_id?: unknown;
}

/** One level change: `size` is the new absolute size, 0 removes it; BUY is the bid side. */
export interface PolymarketChange {
  asset_id?: unknown;
  price?: unknown;
  size?: unknown;
  side?: unknown;
  /** Hash of the whole book after all changes of the same moment. */
  hash?: unknown;
  best_bid?: unknown;
  best_ask?: unknown;
}

/** `value` as an object with unchecked fields; undefined when it is none. */
export function objectOf<T extends object>(value: unknown): T | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as T
    : undefined;
}

/** A list sent as an array or as its JSON text; undefined when invalid. */
export function listOf(value: unknown): unknown[] | undefined {
  if (typeof value !== "string") return Array.isArray(value) ? value : undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}
