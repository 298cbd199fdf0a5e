import type { Buffer } from "node:buffer";
import { type Ticker, type Trade, valueOf } from "@ssmd/market";
import { figureOf } from "../json_fields.ts";
import { isPrice } from "./book.ts";
import {
  type KalshiFormat,
  PRICE_DECIMALS,
  sideOf,
  SIZE_DECIMALS,
  type TickerFields,
  timestampOf,
} from "./format.ts";
import type { KalshiBody } from "./messages.ts";
import { HEAD, TICKER, TRADE } from "./scanner.ts";

/** Feed, symbol and receive time of a record. */
export type RecordHead = Pick<Trade, "feed" | "symbol" | "receivedAtUs">;

/** Converts a trade to a record; undefined when unreadable. */
export function tradeOf(
  body: KalshiBody,
  format: KalshiFormat,
  head: RecordHead,
): Trade | undefined {
  const { price, size, takerSide } = format.trade(body);
  const timestampUs = timestampOf(body);
  const given = body.trade_id ?? "";
  const tradeId = typeof given === "number" ? String(given) : given;
  if (!isPrice(price) || !(size > 0) || typeof tradeId !== "string") return undefined;
  if (Number.isNaN(timestampUs) || (takerSide !== undefined && typeof takerSide !== "string")) {
    return undefined;
  }
  const isBlock = body.is_block_trade === true || body.is_block_trade === "true";
  const trade: Trade = {
    type: "trade",
    timestampUs,
    receivedAtUs: head.receivedAtUs,
    symbol: head.symbol,
    feed: head.feed,
    sequence: 0,
    price: valueOf(price, PRICE_DECIMALS),
    size: valueOf(size, SIZE_DECIMALS),
    side: sideOf(takerSide),
    tradeId,
  };
  if (isBlock) trade.isBlockTrade = true;
  return trade;
}

/** Converts a trade on the scanner's tape to a record; its id is read from the frame. */
export function scannedTrade(
  tape: Float64Array,
  offset: number,
  frame: Buffer,
  { feed, symbol, receivedAtUs }: RecordHead,
): Trade {
  // Same order of fields as above, so that both are of one kind for V8.
  const trade: Trade = {
    type: "trade",
    timestampUs: tape[offset + HEAD.timeUs] as number,
    receivedAtUs,
    symbol,
    feed,
    sequence: 0,
    price: valueOf(tape[offset + TRADE.price] as number, PRICE_DECIMALS),
    size: valueOf(tape[offset + TRADE.size] as number, SIZE_DECIMALS),
    side: tape[offset + TRADE.isYes] === 1 ? "buy" : "sell",
    // It is ASCII: the encodings agree, and UTF-8 is read faster.
    tradeId: frame.toString("utf8", tape[offset + TRADE.id], tape[offset + TRADE.idEnd]),
  };
  if (tape[offset + TRADE.isBlock] === 1) trade.isBlockTrade = true;
  return trade;
}

/**
 * Converts a ticker to a record; undefined when unreadable. A bid of 0 and an ask of 1 dollar mean
 * "no bid" and "no ask". The venue's volume counts since the market opened, not 24 h.
 */
export function tickerOf(
  body: KalshiBody,
  format: KalshiFormat,
  head: RecordHead,
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
  const dollarVolume = figureOf(body.dollar_volume);
  const dollarOpenInterest = figureOf(body.dollar_open_interest);
  return tickerRecord(head, timestampUs, { ...fields, dollarVolume, dollarOpenInterest });
}

/** Converts a ticker on the scanner's tape to a record. */
export function scannedTicker(tape: Float64Array, offset: number, head: RecordHead): Ticker {
  return tickerRecord(head, tape[offset + HEAD.timeUs] as number, {
    bid: tape[offset + TICKER.bid],
    bidSize: tape[offset + TICKER.bidSize],
    ask: tape[offset + TICKER.ask],
    askSize: tape[offset + TICKER.askSize],
    last: tape[offset + TICKER.last],
    lastSize: tape[offset + TICKER.lastSize],
    volume: tape[offset + TICKER.volume],
    openInterest: tape[offset + TICKER.openInterest],
    dollarVolume: tape[offset + TICKER.dollarVolume],
    dollarOpenInterest: tape[offset + TICKER.dollarOpenInterest],
  });
}

function tickerRecord(
  { receivedAtUs, symbol, feed }: RecordHead,
  timestampUs: number,
  fields: TickerFields & {
    dollarVolume: number | undefined;
    dollarOpenInterest: number | undefined;
  },
): Ticker {
  const { bid, ask, last, dollarVolume, dollarOpenInterest } = fields;
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
  if (isAmount(dollarVolume)) ticker.dollarVolume = dollarVolume;
  if (isAmount(dollarOpenInterest)) ticker.dollarOpenInterest = dollarOpenInterest;
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

/** Null without a price. */
function sizeOf(size: number | undefined, price: number | undefined): number | null {
  if (size === undefined || price === undefined || !isPrice(price)) return null;
  return valueOf(size, SIZE_DECIMALS);
}
