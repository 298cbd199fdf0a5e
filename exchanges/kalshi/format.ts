import type { Side } from "@ssmd/market";
import { figureOf, usOfVenueTime } from "../json_fields.ts";
import type { KalshiBody } from "./messages.ts";

/** Digits after the point of prices: the venue's specification allows up to six. */
export const PRICE_DECIMALS = 6;
/** Digits after the point of sizes: hundredths of a contract. */
export const SIZE_DECIMALS = 2;
/** One dollar in price steps. */
export const DOLLAR_STEPS = 1_000_000;

/** Milliseconds of the year 2223: what is later is no time, in seconds neither. */
const TIME_MAX = 8e12;

/** What a delta says; NaN or "" where it cannot be read. */
export interface DeltaFields {
  /** Price of the bid ladder named by `side`, in steps. */
  price: number;
  /** Signed change in size steps. */
  change: number;
  side: unknown;
}

/** What a trade says, in steps and the venue's words. */
export interface TradeFields {
  /** YES price in steps. */
  price: number;
  /** Size in steps. */
  size: number;
  /** The outcome that the taker bought, `yes` or `no`; undefined when not said. */
  takerSide: unknown;
}

/** What a ticker says, in steps; undefined = not said, NaN = unreadable. */
export interface TickerFields {
  bid: number | undefined;
  bidSize: number | undefined;
  ask: number | undefined;
  askSize: number | undefined;
  last: number | undefined;
  lastSize: number | undefined;
  /** Traded since the market opened. */
  volume: number | undefined;
  openInterest: number | undefined;
}

/** How a snapshot's ladders are named and written. */
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

/** How a wire format names and writes things; everything else is the same in all of them. */
export interface KalshiFormat {
  /** Whether its usual frames are those of the scanner. */
  readonly isScanned?: boolean;
  /** The ladders of a snapshot; the first whose key is there counts. */
  readonly ladders: readonly [LadderFormat, ...LadderFormat[]];
  /** Price steps, NaN when unreadable. */
  price(value: unknown): number;
  /** Size steps, NaN when unreadable; negative for a change. */
  size(value: unknown): number;
  /** A level of a ladder as a snapshot has it, from steps. */
  level(price: number, size: number): [price: unknown, size: unknown];
  /** Reads a delta into `into`, which is used again for the next. */
  delta(body: KalshiBody, into: DeltaFields): void;
  /** Reads a trade. */
  trade(body: KalshiBody): TradeFields;
  /** Reads a ticker. */
  ticker(body: KalshiBody): TickerFields;
}

/** The venue's time in µs from `ts`, `time` or `ts_ms`; 0 when not given, NaN when unreadable. */
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

/** The outcome that the taker bought; an ask of the YES book is a purchase of NO. */
export function takerSideOf(body: KalshiBody): unknown {
  const { taker_outcome_side: outcome, taker_book_side: side, taker_side: old } = body;
  return outcome ?? (side === "ask" ? "no" : side === "bid" ? "yes" : side) ?? old ?? undefined;
}

/** The taker's side of the YES contract: who bought NO has sold YES. */
export function sideOf(takerSide: unknown): Side {
  return takerSide === "yes" ? "buy" : takerSide === "no" ? "sell" : "unknown";
}
