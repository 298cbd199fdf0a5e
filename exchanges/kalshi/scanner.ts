import { type Literal, literal } from "../literal.ts";
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
/** Numbers of a frame, by kind. */
const LENGTHS = { delta: 8, trade: 11, ticker: 15 } as const;

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
  #begin(kind: number, length: number): boolean {
    const { bytes } = this;
    const at = this.leave(length);
    const { tape } = this;
    tape[at] = kind;
    if (!bytes.count()) return false;
    tape[at + HEAD.sid] = bytes.digits;
    if (kind === SCANNED.ticker) return true;
    if (!bytes.take(SEQ) || !bytes.count()) return false;
    tape[at + HEAD.seq] = bytes.digits;
    return true;
  }

  #delta(): boolean {
    const { bytes, offset: at } = this;
    if (!bytes.take(DELTA_HEAD) || !this.#begin(SCANNED.delta, LENGTHS.delta)) return false;
    const { tape } = this;
    if (!bytes.take(MSG_TICKER) || !bytes.knownText()) return false;
    tape[at + HEAD.ticker] = bytes.word;
    if (bytes.take(MARKET_ID) && !bytes.text()) return false;
    if (!bytes.take(PRICE) || !bytes.signed()) return false;
    const price = bytes.steps(PRICE_DECIMALS);
    tape[at + DELTA.price] = price;
    if (!isPrice(price) || !bytes.take(CHANGE) || !bytes.signed()) return false;
    const change = bytes.steps(SIZE_DECIMALS);
    tape[at + DELTA.change] = change;
    const isYes = bytes.take(YES);
    if (!isSafe(change) || !isYes && !bytes.take(NO)) return false;
    tape[at + DELTA.isYes] = isYes ? 1 : 0;
    if (!bytes.time() || bytes.timeUs === 0) return false;
    tape[at + HEAD.timeUs] = bytes.timeUs;
    return (!bytes.take(TS_MS) || bytes.count()) && bytes.take(END);
  }

  #trade(): boolean {
    const { bytes, offset: at } = this;
    if (!bytes.take(TRADE_HEAD) || !this.#begin(SCANNED.trade, LENGTHS.trade)) return false;
    const { tape } = this;
    if (!bytes.take(MSG_TRADE_ID)) return false;
    tape[at + TRADE.id] = bytes.at;
    if (!bytes.text()) return false;
    tape[at + TRADE.idEnd] = bytes.at - 1;
    if (!bytes.take(TRADE_TICKER) || !bytes.knownText() || !bytes.take(YES_PRICE)) return false;
    tape[at + HEAD.ticker] = bytes.word;
    if (!bytes.signed()) return false;
    const price = bytes.steps(PRICE_DECIMALS);
    tape[at + TRADE.price] = price;
    if (!isPrice(price) || !bytes.take(NO_PRICE) || !bytes.decimal()) return false;
    if (!bytes.take(COUNT) || !bytes.signed()) return false;
    const size = bytes.steps(SIZE_DECIMALS);
    tape[at + TRADE.size] = size;
    const isYes = bytes.take(TAKER_YES);
    if (!(size > 0) || !isSafe(size) || !isYes && !bytes.take(TAKER_NO)) return false;
    tape[at + TRADE.isYes] = isYes ? 1 : 0;
    const isBlock = bytes.take(TRUE);
    if (!isBlock && !bytes.take(FALSE)) return false;
    tape[at + TRADE.isBlock] = isBlock ? 1 : 0;
    return bytes.count() && this.#milliseconds(at) && bytes.take(END);
  }

  #ticker(): boolean {
    const { bytes, offset: at } = this;
    if (!bytes.take(TICKER_HEAD) || !this.#begin(SCANNED.ticker, LENGTHS.ticker)) return false;
    if (!bytes.take(MSG_TICKER) || !bytes.knownText()) return false;
    this.tape[at + HEAD.ticker] = bytes.word;
    if (bytes.take(MARKET_ID) && !bytes.text()) return false;
    const isRead = this.#steps(PRICE, at + TICKER.last, PRICE_DECIMALS) &&
      this.#steps(YES_BID, at + TICKER.bid, PRICE_DECIMALS) &&
      this.#steps(YES_ASK, at + TICKER.ask, PRICE_DECIMALS) &&
      this.#steps(VOLUME, at + TICKER.volume, SIZE_DECIMALS) &&
      this.#steps(OPEN_INTEREST, at + TICKER.openInterest, SIZE_DECIMALS) &&
      this.#value(DOLLAR_VOLUME, at + TICKER.dollarVolume) &&
      this.#value(DOLLAR_INTEREST, at + TICKER.dollarOpenInterest) &&
      this.#steps(BID_SIZE, at + TICKER.bidSize, SIZE_DECIMALS) &&
      this.#steps(ASK_SIZE, at + TICKER.askSize, SIZE_DECIMALS) &&
      this.#steps(LAST_SIZE, at + TICKER.lastSize, SIZE_DECIMALS) &&
      bytes.take(TS) && bytes.count() && this.#milliseconds(at);
    if (!isRead) return false;
    if (bytes.take(TIME)) {
      if (!bytes.time() || bytes.timeUs === 0) return false;
      this.tape[at + HEAD.timeUs] = bytes.timeUs;
    }
    return bytes.take(END);
  }

  /** Reads `ts_ms`, with which the venue's other times agree. */
  #milliseconds(at: number): boolean {
    const { bytes } = this;
    if (!bytes.take(TS_MS) || !bytes.count()) return false;
    this.tape[at + HEAD.timeUs] = bytes.digits * 1000;
    return bytes.digits >= MS_MIN && bytes.digits < MS_MAX;
  }

  /** Reads a key and a decimal text without its closing quote, in steps, to an offset. */
  #steps(key: Literal, at: number, decimals: number): boolean {
    const { bytes } = this;
    if (!bytes.take(key) || !bytes.decimal()) return false;
    const steps = bytes.steps(decimals);
    this.tape[at] = steps;
    return isSafe(steps);
  }

  #value(key: Literal, at: number): boolean {
    const { bytes } = this;
    if (!bytes.take(key) || !bytes.decimal()) return false;
    this.tape[at] = bytes.value;
    return true;
  }
}

function isPrice(steps: number): boolean {
  return steps > 0 && steps < DOLLAR_STEPS;
}

/** Whether steps are exact; NaN is not. */
function isSafe(steps: number): boolean {
  return Math.abs(steps) <= Number.MAX_SAFE_INTEGER;
}
