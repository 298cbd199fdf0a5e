/**
 * Frames of Kraken's WebSocket v2 (public channels), as they look after `JSON.parse`. Prices and
 * sizes are JSON numbers whose trailing zeros count for the checksum; every number may also be a
 * text, and null means absent.
 *
 * ```json
 * {"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":63005.0,"qty":0.50000000}],"asks":[],"checksum":1,"timestamp":"2026-08-01T00:00:00.123456Z"}]}
 * {"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":63005.0,"qty":0.50000000,"ord_type":"limit","trade_id":7,"timestamp":"2026-08-01T00:00:00.123456Z"}]}
 * {"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":63004.9,"bid_qty":1.0,"ask":63005.0,"ask_qty":2.0,"last":63005.0,"volume":1234.5,"vwap":62987.6,"low":61000.1,"high":64000.9}]}
 * {"channel":"instrument","type":"update","data":{"assets":[],"pairs":[{"symbol":"BTC/USD","status":"online","price_precision":1,"qty_precision":8}]}}
 * {"channel":"status","type":"update","data":[{"system":"online"}]}
 * {"channel":"heartbeat"}
 * {"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,"req_id":1}
 * {"method":"subscribe","error":"Currency pair not supported XX/YY","success":false,"req_id":1}
 * ```
 *
 * Source: https://docs.kraken.com/api/docs/websocket-v2/book
 */
export interface KrakenFrame {
  channel?: unknown;
  type?: unknown;
  data?: unknown;
  method?: unknown;
  success?: unknown;
  result?: unknown;
  error?: unknown;
  symbol?: unknown;
  req_id?: unknown;
}

/** One level of a book: `qty` is the new absolute size, 0 removes it. */
export interface KrakenLevel {
  price?: unknown;
  qty?: unknown;
}

/** One element of the book channel. */
export interface KrakenBookData {
  symbol?: unknown;
  bids?: unknown;
  asks?: unknown;
  checksum?: unknown;
  timestamp?: unknown;
}

/** One element of the trade channel. */
export interface KrakenTradeData {
  symbol?: unknown;
  side?: unknown;
  price?: unknown;
  qty?: unknown;
  ord_type?: unknown;
  trade_id?: unknown;
  timestamp?: unknown;
}

/** One element of the ticker channel. */
export interface KrakenTickerData {
  symbol?: unknown;
  bid?: unknown;
  bid_qty?: unknown;
  ask?: unknown;
  ask_qty?: unknown;
  last?: unknown;
  volume?: unknown;
  vwap?: unknown;
  trades?: unknown;
  low?: unknown;
  high?: unknown;
  timestamp?: unknown;
}

/** One pair of the instrument channel. */
export interface KrakenPair {
  symbol?: unknown;
  status?: unknown;
  price_precision?: unknown;
  qty_precision?: unknown;
}

/** `value` as an object with unchecked fields; undefined when it is none. */
export function objectOf<T extends object>(value: unknown): T | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as T
    : undefined;
}
