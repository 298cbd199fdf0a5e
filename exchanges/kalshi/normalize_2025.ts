import { figureOf } from "../json_fields.ts";
import {
  type DeltaFields,
  type KalshiFormat,
  takerSideOf,
  type TickerFields,
  type TradeFields,
} from "./format.ts";
import type { KalshiBody } from "./messages.ts";

const STEPS_PER_CENT = 10_000;
const STEPS_PER_CONTRACT = 100;

function price(value: unknown): number {
  return wholeOf(value, STEPS_PER_CENT);
}

function size(value: unknown): number {
  return wholeOf(value, STEPS_PER_CONTRACT);
}

function wholeOf(value: unknown, steps: number): number {
  const whole = figureOf(value);
  return whole !== undefined && Number.isInteger(whole) && Math.abs(whole) < 1e12
    ? whole * steps
    : NaN;
}

function delta(body: KalshiBody, into: DeltaFields): void {
  into.price = price(body.price);
  into.change = size(body.delta);
  into.side = body.side;
}

function trade(body: KalshiBody): TradeFields {
  return {
    price: price(body.yes_price),
    size: size(body.count),
    takerSide: takerSideOf(body),
  };
}

function ticker(body: KalshiBody): TickerFields {
  return {
    bid: ifGiven(body.yes_bid, price),
    bidSize: undefined,
    ask: ifGiven(body.yes_ask, price),
    askSize: undefined,
    last: ifGiven(body.price, price),
    lastSize: undefined,
    volume: ifGiven(body.volume, size),
    openInterest: ifGiven(body.open_interest, size),
  };
}

function ifGiven(value: unknown, read: (value: unknown) => number): number | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/**
 * The wire format before 2026: whole cents and whole contracts.
 *
 * ```json
 * {"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXDEMO-25JAN01","yes":[[8,300],[22,333]],"no":[[54,20]]}}
 * {"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"KXDEMO-25JAN01","price":22,"delta":-54,"side":"yes"}}
 * {"type":"trade","sid":3,"seq":1,"msg":{"market_ticker":"KXDEMO-25JAN01","yes_price":36,"no_price":64,"count":136,"taker_side":"no","ts":1735689600}}
 * {"type":"ticker","sid":2,"msg":{"market_ticker":"KXDEMO-25JAN01","price":48,"yes_bid":45,"yes_ask":53,"volume":33896,"open_interest":20422,"dollar_volume":16948,"dollar_open_interest":10211,"ts":1735689600}}
 * ```
 */
export const CENT_FORMAT: KalshiFormat = {
  ladders: [{ yes: "yes", no: "no", price, size }],
  price,
  size,
  level: (price, size) => [price / STEPS_PER_CENT, size / STEPS_PER_CONTRACT],
  delta,
  trade,
  ticker,
};
