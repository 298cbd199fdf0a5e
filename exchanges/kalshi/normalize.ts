import { stepsOfText, textOfSteps } from "@ssmd/market";
import {
  type DeltaFields,
  type KalshiFormat,
  PRICE_DECIMALS,
  SIZE_DECIMALS,
  takerSideOf,
  type TickerFields,
  type TradeFields,
} from "./format.ts";
import type { KalshiBody } from "./messages.ts";

function price(value: unknown): number {
  return stepsOfValue(value, PRICE_DECIMALS);
}

function size(value: unknown): number {
  return stepsOfValue(value, SIZE_DECIMALS);
}

/** Steps of a decimal text or a number: the venue writes texts, and accepts both. */
function stepsOfValue(value: unknown, decimals: number): number {
  if (typeof value === "string") return stepsOfText(value, decimals);
  return typeof value === "number" ? stepsOfText(String(value), decimals) : NaN;
}

function delta(body: KalshiBody, into: DeltaFields): void {
  into.price = price(body.price_dollars);
  into.change = size(body.delta_fp);
  into.side = body.side;
}

function trade(body: KalshiBody): TradeFields {
  return {
    price: price(body.yes_price_dollars),
    size: size(body.count_fp),
    takerSide: takerSideOf(body),
  };
}

function ticker(body: KalshiBody): TickerFields {
  return {
    bid: priceIfGiven(body.yes_bid_dollars),
    bidSize: sizeIfGiven(body.yes_bid_size_fp),
    ask: priceIfGiven(body.yes_ask_dollars),
    askSize: sizeIfGiven(body.yes_ask_size_fp),
    last: priceIfGiven(body.price_dollars),
    lastSize: sizeIfGiven(body.last_trade_size_fp),
    volume: sizeIfGiven(body.volume_fp),
    openInterest: sizeIfGiven(body.open_interest_fp),
  };
}

function priceIfGiven(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : price(value);
}

function sizeIfGiven(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : size(value);
}

/** The wire format since 2026-03-12: prices as dollar strings, sizes as fixed-point strings. */
export const DOLLAR_FORMAT: KalshiFormat = {
  isScanned: true,
  ladders: [{ yes: "yes_dollars_fp", no: "no_dollars_fp", price, size }],
  price,
  size,
  level: (price, size) => [textOfSteps(price, PRICE_DECIMALS), textOfSteps(size, SIZE_DECIMALS)],
  delta,
  trade,
  ticker,
};
