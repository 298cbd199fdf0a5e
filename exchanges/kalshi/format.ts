import type { Side } from "@ssmd/market";
import { usOfIso } from "@ssmd/runtime";
import type { KalshiBody } from "./messages.ts";

/** Digits after the point of prices: the venue's specification allows up to six. */
export const PRICE_DECIMALS = 6;
/** Digits after the point of sizes: hundredths of a contract. */
export const SIZE_DECIMALS = 2;
/** One dollar in price steps. */
export const DOLLAR_STEPS = 1_000_000;

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
  openInterest: number | undefined;
}

/** How a wire format names and writes things; everything else is the same in all of them. */
export interface KalshiFormat {
  /** Keys of the two ladders in a snapshot. */
  readonly yesKey: string;
  readonly noKey: string;
  /** Price steps, NaN when unreadable. */
  price(value: unknown): number;
  /** Size steps, NaN when unreadable; negative for a change. */
  size(value: unknown): number;
  /** Reads a delta into `into`, which is used again for the next. */
  delta(body: KalshiBody, into: DeltaFields): void;
  /** Reads a trade. */
  trade(body: KalshiBody): TradeFields;
  /** Reads a ticker. */
  ticker(body: KalshiBody): TickerFields;
}

/** The venue's time in µs from `ts`, `time` or `ts_ms`; 0 when not given, NaN when unreadable. */
export function timestampOf(body: KalshiBody): number {
  const { ts, time, ts_ms: ms } = body;
  if (typeof ts === "string") {
    const us = usOfIso(ts);
    if (us > 0) return us;
  }
  if (typeof time === "string") {
    const us = usOfIso(time);
    if (us > 0) return us;
  }
  if (isTime(ms)) return ms * 1000;
  if (isTime(ts)) return ts * 1_000_000;
  return ts === undefined && time === undefined && ms === undefined ? 0 : NaN;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value < 1e14 && Number.isInteger(value);
}

/** The taker's side of the YES contract: who bought NO has sold YES. */
export function sideOf(takerSide: unknown): Side {
  return takerSide === "yes" ? "buy" : takerSide === "no" ? "sell" : "unknown";
}
