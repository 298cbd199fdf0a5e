import { literal } from "../byte_scanner.ts";
import { FrameScanner } from "../frame_scanner.ts";
import { DOLLAR_STEPS, PRICE_DECIMALS, SIZE_DECIMALS } from "./format.ts";

/** First number on the tape: the kind of frame. */
export const SCANNED = { delta: 0, trade: 1, ticker: 2 } as const;
/** Offsets common to all kinds; a ticker has no `seq`. Prices and sizes are in steps. */
export const HEAD = { ticker: 1, sid: 2, seq: 3, timeUs: 4 } as const;
export const DELTA = { price: 5, change: 6, isYes: 7 } as const;
/** `id` and `idEnd` are offsets in the bytes that were scanned. */
export const TRADE = { price: 5, size: 6, isYes: 7, id: 8, idEnd: 9, isBlock: 10 } as const;
/** Offsets in a ticker; NaN = absent. */
export const TICKER = {
  last: 5,
  bid: 6,
  ask: 7,
  volume: 8,
  openInterest: 9,
  dollarVolume: 10,
  dollarOpenInterest: 11,
  bidSize: 12,
  askSize: 13,
  lastSize: 14,
} as const;

/** A frame on the tape, with its market. */
export interface ScannedFrame {
  tape: Float64Array;
  offset: number;
  ticker: string;
}

const DELTA_HEAD = literal('{"type":"orderbook_delta","sid":');
const TRADE_HEAD = literal('{"type":"trade","sid":');
const TICKER_HEAD = literal('{"type":"ticker","sid":');
const SEQ = literal(',"seq":');
const MSG_TICKER = literal(',"msg":{"market_ticker":"');
const MARKET_ID = literal(',"market_id":"');
const PRICE = literal(',"price_dollars":"');
const CHANGE = literal('","delta_fp":"');
const YES = literal('","side":"yes","ts":"');
const NO = literal('","side":"no","ts":"');
const TS_MS = literal(',"ts_ms":');
const END = literal("}}");

const MSG_TRADE_ID = literal(',"msg":{"trade_id":"');
const TRADE_TICKER = literal(',"market_ticker":"');
const YES_PRICE = literal(',"yes_price_dollars":"');
const NO_PRICE = literal('","no_price_dollars":"');
const COUNT = literal('","count_fp":"');
/** The venue states the taker's side three times. */
const TAKER_YES = literal(
  '","taker_side":"yes","taker_outcome_side":"yes","taker_book_side":"bid","is_block_trade":',
);
const TAKER_NO = literal(
  '","taker_side":"no","taker_outcome_side":"no","taker_book_side":"ask","is_block_trade":',
);
const TRUE = literal('true,"ts":');
const FALSE = literal('false,"ts":');

const YES_BID = literal('","yes_bid_dollars":"');
const YES_ASK = literal('","yes_ask_dollars":"');
const VOLUME = literal('","volume_fp":"');
const OPEN_INTEREST = literal('","open_interest_fp":"');
const DOLLAR_VOLUME = literal('","dollar_volume":');
const DOLLAR_INTEREST = literal(',"dollar_open_interest":');
const BID_SIZE = literal(',"yes_bid_size_fp":"');
const ASK_SIZE = literal('","yes_ask_size_fp":"');
const LAST_SIZE = literal('","last_trade_size_fp":"');
const TS = literal('","ts":');
const TIME = literal(',"time":"');
/** Milliseconds since 1970 have 13 digits from 2001 to 2286. */
const MS_MIN = 1e12;
const MS_MAX = 8e12;

/** Reads Kalshi's book deltas, trades and tickers from their bytes, as sent since 2026-03-12. */
export class KalshiScanner extends FrameScanner {
  protected read(): boolean {
    return this.#delta() || this.#trade() || this.#ticker();
  }

  /** Reads `sid` and `seq` after the type. */
  #begin(kind: number): boolean {
    const { bytes } = this;
    this.put(kind);
    this.leave(1);
    if (!bytes.count()) return false;
    this.put(bytes.digits);
    if (kind === SCANNED.ticker) this.put(0);
    else if (bytes.take(SEQ) && bytes.count()) this.put(bytes.digits);
    else return false;
    this.leave(1);
    return true;
  }

  #delta(): boolean {
    const { bytes } = this;
    if (!bytes.take(DELTA_HEAD)) return false;
    const start = this.offset;
    if (!this.#begin(SCANNED.delta) || !bytes.take(MSG_TICKER) || !bytes.knownText()) return false;
    this.tape[start + HEAD.ticker] = bytes.word;
    if (bytes.take(MARKET_ID) && !bytes.text()) return false;
    if (!bytes.take(PRICE) || !this.#steps(PRICE_DECIMALS)) return false;
    const price = this.tape[start + DELTA.price] as number;
    if (!(price > 0 && price < DOLLAR_STEPS) || !bytes.take(CHANGE)) return false;
    if (!this.#steps(SIZE_DECIMALS)) return false;
    const isYes = bytes.take(YES);
    if (!isYes && !bytes.take(NO)) return false;
    this.put(isYes ? 1 : 0);
    if (!bytes.time() || bytes.timeUs === 0) return false;
    this.tape[start + HEAD.timeUs] = bytes.timeUs;
    return (!bytes.take(TS_MS) || bytes.count()) && bytes.take(END);
  }

  #trade(): boolean {
    const { bytes } = this;
    if (!bytes.take(TRADE_HEAD)) return false;
    const start = this.offset;
    if (!this.#begin(SCANNED.trade) || !bytes.take(MSG_TRADE_ID)) return false;
    const id = bytes.at;
    if (!bytes.text()) return false;
    const idEnd = bytes.at - 1;
    if (!bytes.take(TRADE_TICKER) || !bytes.knownText() || !bytes.take(YES_PRICE)) return false;
    this.tape[start + HEAD.ticker] = bytes.word;
    if (!this.#steps(PRICE_DECIMALS) || !bytes.take(NO_PRICE) || !bytes.decimal()) return false;
    const price = this.tape[start + TRADE.price] as number;
    if (!(price > 0 && price < DOLLAR_STEPS) || !bytes.take(COUNT)) return false;
    if (!this.#steps(SIZE_DECIMALS) || !((this.tape[start + TRADE.size] as number) > 0)) {
      return false;
    }
    const isYes = bytes.take(TAKER_YES);
    if (!isYes && !bytes.take(TAKER_NO)) return false;
    this.put(isYes ? 1 : 0);
    this.put(id);
    this.put(idEnd);
    const isBlock = bytes.take(TRUE);
    if (!isBlock && !bytes.take(FALSE)) return false;
    this.put(isBlock ? 1 : 0);
    return bytes.count() && this.#milliseconds(start) && bytes.take(END);
  }

  #ticker(): boolean {
    const { bytes } = this;
    if (!bytes.take(TICKER_HEAD)) return false;
    const start = this.offset;
    if (!this.#begin(SCANNED.ticker) || !bytes.take(MSG_TICKER) || !bytes.knownText()) return false;
    this.tape[start + HEAD.ticker] = bytes.word;
    if (bytes.take(MARKET_ID) && !bytes.text()) return false;
    const isRead = bytes.take(PRICE) && this.#unsigned(PRICE_DECIMALS) &&
      bytes.take(YES_BID) && this.#unsigned(PRICE_DECIMALS) &&
      bytes.take(YES_ASK) && this.#unsigned(PRICE_DECIMALS) &&
      bytes.take(VOLUME) && this.#unsigned(SIZE_DECIMALS) &&
      bytes.take(OPEN_INTEREST) && this.#unsigned(SIZE_DECIMALS) &&
      bytes.take(DOLLAR_VOLUME) && this.#value() &&
      bytes.take(DOLLAR_INTEREST) && this.#value() &&
      bytes.take(BID_SIZE) && this.#unsigned(SIZE_DECIMALS) &&
      bytes.take(ASK_SIZE) && this.#unsigned(SIZE_DECIMALS) &&
      bytes.take(LAST_SIZE) && this.#unsigned(SIZE_DECIMALS) &&
      bytes.take(TS) && bytes.count() && this.#milliseconds(start);
    if (!isRead) return false;
    if (bytes.take(TIME)) {
      if (!bytes.time() || bytes.timeUs === 0) return false;
      this.tape[start + HEAD.timeUs] = bytes.timeUs;
    }
    return bytes.take(END);
  }

  /** Reads `ts_ms`, with which the venue's other times agree. */
  #milliseconds(start: number): boolean {
    const { bytes } = this;
    if (!bytes.take(TS_MS) || !bytes.count()) return false;
    this.tape[start + HEAD.timeUs] = bytes.digits * 1000;
    return bytes.digits >= MS_MIN && bytes.digits < MS_MAX;
  }

  /** Reads a decimal text, without its closing quote, in steps. */
  #steps(decimals: number): boolean {
    return this.bytes.signed() && this.#putSteps(decimals);
  }

  #unsigned(decimals: number): boolean {
    return this.bytes.decimal() && this.#putSteps(decimals);
  }

  #putSteps(decimals: number): boolean {
    const steps = this.bytes.steps(decimals);
    this.put(steps);
    return Math.abs(steps) <= Number.MAX_SAFE_INTEGER;
  }

  #value(): boolean {
    if (!this.bytes.decimal()) return false;
    this.put(this.bytes.value);
    return true;
  }
}
