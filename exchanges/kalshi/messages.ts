/**
 * Frames of Kalshi's WebSocket as they look after `JSON.parse`, fields yet to be checked.
 * Since 2026-03-12 prices are dollar strings and sizes fixed-point strings:
 *
 * ```json
 * {"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}}
 * {"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXDEMO-26JAN01-T1","market_id":"00000000-0000-0000-0000-000000000001","yes_dollars_fp":[["0.4300","10.00"]],"no_dollars_fp":[["0.5500","2.50"]]}}
 * {"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXDEMO-26JAN01-T1","price_dollars":"0.4300","delta_fp":"-1.50","side":"yes","ts":"2026-08-01T00:00:00.12345Z","ts_ms":1785542400123}}
 * {"type":"ticker","sid":2,"msg":{"market_ticker":"KXDEMO-26JAN01-T1","price_dollars":"0.4400","yes_bid_dollars":"0.4300","yes_ask_dollars":"0.4500","volume_fp":"100.00","open_interest_fp":"50.00","yes_bid_size_fp":"8.50","yes_ask_size_fp":"2.50","last_trade_size_fp":"1.00","ts":1785542400}}
 * {"type":"trade","sid":3,"seq":1,"msg":{"trade_id":"t-1","market_ticker":"KXDEMO-26JAN01-T1","yes_price_dollars":"0.4400","count_fp":"1.00","taker_outcome_side":"yes","ts":1785542400}}
 * {"type":"market_lifecycle_v2","sid":4,"seq":1,"msg":{"market_ticker":"KXDEMO-26JAN01-T1","event_type":"determined","result":"yes","determination_ts":1785542400}}
 * {"type":"ok","id":2,"sid":1,"seq":3,"msg":{"market_tickers":["KXDEMO-26JAN01-T1"]}}
 * {"type":"error","id":3,"msg":{"code":8,"msg":"Unknown channel name"}}
 * ```
 *
 * Both book lists are bids, for YES and for NO; an empty side's key is absent. Before that date
 * prices were whole cents and sizes whole contracts (see `normalize_2025.ts`).
 *
 * Source: https://docs.kalshi.com/websockets/orderbook-updates
 */
export interface KalshiFrame {
  type?: unknown;
  id?: unknown;
  sid?: unknown;
  seq?: unknown;
  msg?: unknown;
}

/** Body of a frame: fields that are checked one by one. */
export type KalshiBody = Readonly<Record<string, unknown>>;

/** `value` as an object with unchecked fields; undefined when it is none. */
export function bodyOf(value: unknown): KalshiBody | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as KalshiBody
    : undefined;
}
