import { type Ticker, type Trade, valueOf } from "@ssmd/market";
import { figureOf } from "../json_fields.ts";
import { isPrice } from "./book.ts";
import { type KalshiFormat, PRICE_DECIMALS, sideOf, SIZE_DECIMALS, timestampOf } from "./format.ts";
import type { KalshiBody } from "./messages.ts";

/** The record of a trade; undefined when it cannot be read. */
export function tradeOf(
  body: KalshiBody,
  format: KalshiFormat,
  feed: string,
  symbol: string,
  receivedAtUs: number,
): Trade | undefined {
  const { price, size, takerSide } = format.trade(body);
  const timestampUs = timestampOf(body);
  const given = body.trade_id ?? "";
  const tradeId = typeof given === "number" ? String(given) : given;
  if (!isPrice(price) || !(size > 0) || typeof tradeId !== "string") return undefined;
  if (Number.isNaN(timestampUs) || (takerSide !== undefined && typeof takerSide !== "string")) {
    return undefined;
  }
  const trade: Trade = {
    type: "trade",
    timestampUs,
    receivedAtUs,
    symbol,
    feed,
    sequence: 0,
    price: valueOf(price, PRICE_DECIMALS),
    size: valueOf(size, SIZE_DECIMALS),
    side: sideOf(takerSide),
    tradeId,
  };
  if (body.is_block_trade === true || body.is_block_trade === "true") trade.isBlockTrade = true;
  return trade;
}

/**
 * The record of a ticker; undefined when it cannot be read. A bid of 0 and an ask of 1 dollar stand
 * for "no bid" and "no ask". The venue's volume counts since the market opened, not 24 h.
 */
export function tickerOf(
  body: KalshiBody,
  format: KalshiFormat,
  feed: string,
  symbol: string,
  receivedAtUs: number,
): Ticker | undefined {
  const fields = format.ticker(body);
  const timestampUs = timestampOf(body);
  const { bid, ask, last } = fields;
  if (Number.isNaN(timestampUs) || (bid ?? ask ?? last) === undefined) return undefined;
  if (isWrong(bid) || isWrong(ask) || isWrong(last)) return undefined;
  if (isWrong(fields.bidSize) || isWrong(fields.askSize) || isWrong(fields.lastSize)) {
    return undefined;
  }
  if (isWrong(fields.openInterest) || isWrong(fields.volume)) return undefined;
  const ticker: Ticker = {
    type: "ticker",
    timestampUs,
    receivedAtUs,
    symbol,
    feed,
    sequence: 0,
    bidPrice: priceOf(bid),
    bidSize: sizeOf(fields.bidSize, bid),
    askPrice: priceOf(ask),
    askSize: sizeOf(fields.askSize, ask),
    lastPrice: priceOf(last),
    lastSize: sizeOf(fields.lastSize, last),
    volume24h: null,
    openInterest: fields.openInterest === undefined
      ? null
      : valueOf(fields.openInterest, SIZE_DECIMALS),
  };
  if (fields.volume !== undefined) ticker.volumeTotal = valueOf(fields.volume, SIZE_DECIMALS);
  const dollars = figureOf(body.dollar_volume);
  if (isAmount(dollars)) ticker.dollarVolume = dollars;
  const held = figureOf(body.dollar_open_interest);
  if (isAmount(held)) ticker.dollarOpenInterest = held;
  return ticker;
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value < Infinity;
}

function isWrong(steps: number | undefined): boolean {
  return steps !== undefined && !(steps >= 0);
}

function priceOf(steps: number | undefined): number | null {
  return steps === undefined || !isPrice(steps) ? null : valueOf(steps, PRICE_DECIMALS);
}

/** A size stands only beside a price. */
function sizeOf(size: number | undefined, price: number | undefined): number | null {
  if (size === undefined || price === undefined || !isPrice(price)) return null;
  return valueOf(size, SIZE_DECIMALS);
}
