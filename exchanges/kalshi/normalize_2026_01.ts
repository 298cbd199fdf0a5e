import type { DeltaFields, KalshiFormat, TickerFields, TradeFields } from "./format.ts";
import type { KalshiBody } from "./messages.ts";
import { DOLLAR_FORMAT } from "./normalize.ts";
import { CENT_FORMAT } from "./normalize_2025.ts";

/** Reads the exact fields, else the rounded ones. */
function delta(body: KalshiBody, into: DeltaFields): void {
  into.price = isMissing(body.price_dollars)
    ? CENT_FORMAT.price(body.price)
    : DOLLAR_FORMAT.price(body.price_dollars);
  into.change = isMissing(body.delta_fp)
    ? CENT_FORMAT.size(body.delta)
    : DOLLAR_FORMAT.size(body.delta_fp);
  into.side = body.side;
}

function trade(body: KalshiBody): TradeFields {
  const exact = DOLLAR_FORMAT.trade(body);
  const rounded = CENT_FORMAT.trade(body);
  return {
    price: isMissing(body.yes_price_dollars) ? rounded.price : exact.price,
    size: isMissing(body.count_fp) ? rounded.size : exact.size,
    takerSide: exact.takerSide,
  };
}

function ticker(body: KalshiBody): TickerFields {
  const exact = DOLLAR_FORMAT.ticker(body);
  const rounded = CENT_FORMAT.ticker(body);
  return {
    bid: exact.bid ?? rounded.bid,
    bidSize: exact.bidSize,
    ask: exact.ask ?? rounded.ask,
    askSize: exact.askSize,
    last: exact.last ?? rounded.last,
    lastSize: exact.lastSize,
    volume: exact.volume ?? rounded.volume,
    openInterest: exact.openInterest ?? rounded.openInterest,
  };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

/**
 * The wire format from January to 2026-03-11: rounded and exact fields side by side; the exact ones
 * take precedence. A frame without them has whole cents and contracts.
 *
 * ```json
 * {"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXDEMO-26FEB01","yes":[[22,10]],"yes_dollars":[["0.2250",10]],"yes_dollars_fp":[["0.2250","10.50"]]}}
 * {"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXDEMO-26FEB01","price":22,"price_dollars":"0.2250","delta":-1,"delta_fp":"-0.50","side":"yes"}}
 * ```
 */
export const MIXED_FORMAT: KalshiFormat = {
  ...DOLLAR_FORMAT,
  isScanned: false,
  ladders: [
    ...DOLLAR_FORMAT.ladders,
    ...DOLLAR_FORMAT.ladders.map((ladder) => ({ ...ladder, yes: "yes_dollars", no: "no_dollars" })),
    ...CENT_FORMAT.ladders,
  ],
  delta,
  trade,
  ticker,
};
