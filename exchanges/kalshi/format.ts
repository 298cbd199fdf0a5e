import type { Side } from "@ssmd/market";
import { figureOf, usOfVenueTime } from "../json_fields.ts";
import type { KalshiBody } from "./messages.ts";

/** Decimals of prices: the venue's specification allows up to six. */
export const PRICE_DECIMALS = 6;
/** Decimals of sizes: hundredths of a contract. */
export const SIZE_DECIMALS = 2;
/** One dollar in price steps. */
export const DOLLAR_STEPS = 1_000_000;

/** Milliseconds of the year 2223: later values are invalid, in seconds, too. */
const TIME_MAX = 8e12;

/** Fields of a delta; NaN or "" when unreadable. */
export interface DeltaFields {
  /** Price of the bid ladder named by `side`, in steps. */
  price: number;
  /** Signed change in size steps. */
  change: number;
  side: unknown;
}

/** Fields of a trade, in steps and the venue's words. */
export interface TradeFields {
  /** YES price in steps. */
  price: number;
  /** Size in steps. */
  size: number;
  /** Outcome bought by the taker, `yes` or `no`; undefined when absent. */
  takerSide: unknown;
}

/** Fields of a ticker, in steps; undefined = absent, NaN = unreadable. */
export interface TickerFields {
  bid: number | undefined;
  bidSize: number | undefined;
  ask: number | undefined;
  askSize: number | undefined;
  last: number | undefined;
  lastSize: number | undefined;
  /** Volume since the market opened. */
  volume: number | undefined;
  openInterest: number | undefined;
}

/** Keys and encoding of a snapshot's ladders. */
export interface LadderFormat {
  /** Key of the bids for YES. */
  readonly yes: string;
  /** Key of the bids for NO. */
  readonly no: string;
  /** Price steps, NaN when unreadable. */
  price(value: unknown): number;
  /** Size steps, NaN when unreadable. */
  size(value: unknown): number;
}

/** Field names and encodings of a wire format; all else is common to them. */
export interface KalshiFormat {
  /** Whether the scanner reads its common frames. */
  readonly isScanned?: boolean;
  /** Ladders of a snapshot; the first whose key is present counts. */
  readonly ladders: readonly [LadderFormat, ...LadderFormat[]];
  /** Price steps, NaN when unreadable. */
  price(value: unknown): number;
  /** Size steps, NaN when unreadable; negative for a change. */
  size(value: unknown): number;
  /** A level of a snapshot's ladder, from steps. */
  level(price: number, size: number): [price: unknown, size: unknown];
  /** Reads a delta into `into`, which is reused. */
  delta(body: KalshiBody, into: DeltaFields): void;
  /** Reads a trade. */
  trade(body: KalshiBody): TradeFields;
  /** Reads a ticker. */
  ticker(body: KalshiBody): TickerFields;
}

/** The venue's time in µs from `ts`, `time` or `ts_ms`; 0 when absent, NaN when unreadable. */
export function timestampOf(body: KalshiBody): number {
  const { ts, time } = body;
  if (typeof ts === "string") {
    const us = usOfVenueTime(ts);
    if (us > 0) return us;
  }
  if (typeof time === "string") {
    const us = usOfVenueTime(time);
    if (us > 0) return us;
  }
  const ms = figureOf(body.ts_ms);
  if (isTime(ms)) return ms * 1000;
  const seconds = figureOf(ts);
  if (isTime(seconds)) return seconds * 1_000_000;
  return seconds === undefined && ms === undefined && figureOf(time) === undefined ? 0 : NaN;
}

function isTime(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value < TIME_MAX && Number.isInteger(value);
}

/** Outcome bought by the taker; an ask of the YES book is a purchase of NO. */
export function takerSideOf(body: KalshiBody): unknown {
  const { taker_outcome_side: outcome, taker_book_side: side, taker_side: old } = body;
  return outcome ?? (side === "ask" ? "no" : side === "bid" ? "yes" : side) ?? old ?? undefined;
}

/** Taker's side of the YES contract: a buyer of NO sells YES. */
export function sideOf(takerSide: unknown): Side {
  return takerSide === "yes" ? "buy" : takerSide === "no" ? "sell" : "unknown";
}
