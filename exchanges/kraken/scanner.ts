import { type Literal, literal } from "../literal.ts";
import { FrameScanner } from "../frame_scanner.ts";

/** First number on the tape: the kind of frame. */
export const SCANNED = { book: 0, trade: 1, ticker: 2 } as const;
/** Offsets in a book frame: counts of levels per side, then four numbers per level. */
export const BOOK = { symbol: 1, timeUs: 2, checksum: 3, bids: 4, asks: 5, levels: 6 } as const;
/** Offsets in a level. */
export const LEVEL = { price: 0, priceDecimals: 1, size: 2, sizeDecimals: 3, next: 4 } as const;
/** Offsets in a trade frame: the count, then one `TRADE` each. */
export const TRADES = { count: 1, first: 2 } as const;
export const TRADE = {
  symbol: 0,
  side: 1,
  price: 2,
  size: 3,
  orderType: 4,
  id: 5,
  timeUs: 6,
  next: 7,
} as const;
/** Offsets in a ticker; an absent figure is NaN. */
export const TICKER = { symbol: 1, timeUs: 2, figures: 3 } as const;

const BOOK_HEAD = literal('{"channel":"book","type":"update","data":[{"symbol":"');
const BIDS = literal(',"bids":[');
const ASKS = literal(',"asks":[');
const PRICE = literal('{"price":');
const QTY = literal(',"qty":');
const CHECKSUM = literal(',"checksum":');
const TIMESTAMP = literal(',"timestamp":"');
const END = literal("}]}");

const TRADE_HEAD = literal('{"channel":"trade","type":"update","data":[');
const SYMBOL = literal('{"symbol":"');
const BUY = literal(',"side":"buy","price":');
const SELL = literal(',"side":"sell","price":');
const LIMIT = literal(',"ord_type":"limit","trade_id":');
const MARKET = literal(',"ord_type":"market","trade_id":');

const TICKER_HEAD = literal('{"channel":"ticker","type":"update","data":[{"symbol":"');
/** In the venue's order; each may be absent. */
export const FIGURES = [
  "bid",
  "bid_qty",
  "ask",
  "ask_qty",
  "last",
  "volume",
  "vwap",
  "low",
  "high",
] as const;
const FIGURE_KEYS = FIGURES.map((name) => literal(`,"${name}":`));
const CHANGE = literal(',"change":');
const CHANGE_PCT = literal(',"change_pct":');

const CLOSE_BRACE = 125;
const CLOSE_BRACKET = 93;
const COMMA = 44;

/** Reads Kraken's book updates, trades and tickers from their bytes. */
export class KrakenScanner extends FrameScanner {
  protected read(): boolean {
    return this.#book() || this.#trades() || this.#ticker();
  }

  #book(): boolean {
    const { bytes } = this;
    if (!bytes.take(BOOK_HEAD) || !bytes.knownText() || !bytes.take(BIDS)) return false;
    const at = this.leave(BOOK.levels);
    const { word } = bytes;
    const bids = this.#levels();
    if (bids < 0 || !bytes.take(ASKS)) return false;
    const asks = this.#levels();
    if (asks < 0 || !bytes.take(CHECKSUM) || !bytes.count()) return false;
    const checksum = bytes.digits;
    if (!bytes.take(TIMESTAMP) || !bytes.time() || !bytes.take(END)) return false;
    const { tape } = this;
    tape[at] = SCANNED.book;
    tape[at + BOOK.symbol] = word;
    tape[at + BOOK.timeUs] = bytes.timeUs;
    tape[at + BOOK.checksum] = checksum;
    tape[at + BOOK.bids] = bids;
    tape[at + BOOK.asks] = asks;
    return true;
  }

  /** Reads a side's levels and closing bracket; returns their count, or -1 for another shape. */
  #levels(): number {
    const { bytes } = this;
    if (bytes.byte(CLOSE_BRACKET)) return 0;
    for (let count = 1;; count++) {
      if (!bytes.take(PRICE) || !bytes.decimal()) return -1;
      const at = this.leave(LEVEL.next);
      const { tape } = this;
      tape[at + LEVEL.price] = bytes.digits;
      tape[at + LEVEL.priceDecimals] = bytes.decimals;
      if (!bytes.take(QTY) || !bytes.decimal() || !bytes.byte(CLOSE_BRACE)) return -1;
      tape[at + LEVEL.size] = bytes.digits;
      tape[at + LEVEL.sizeDecimals] = bytes.decimals;
      if (bytes.byte(CLOSE_BRACKET)) return count;
      if (!bytes.byte(COMMA)) return -1;
    }
  }

  /** Reads trades in ascending order of ids. */
  #trades(): boolean {
    const { bytes } = this;
    if (!bytes.take(TRADE_HEAD)) return false;
    const head = this.leave(TRADES.first);
    this.tape[head] = SCANNED.trade;
    let lastId = -1;
    for (let count = 1;; count++) {
      const id = this.#trade();
      if (!(id > lastId)) return false;
      lastId = id;
      this.tape[head + TRADES.count] = count;
      if (!bytes.byte(COMMA)) return bytes.byte(CLOSE_BRACKET) && bytes.byte(CLOSE_BRACE);
    }
  }

  /** Reads a trade; returns its id, or NaN for another shape. */
  #trade(): number {
    const { bytes } = this;
    if (!bytes.take(SYMBOL) || !bytes.knownText()) return NaN;
    const at = this.leave(TRADE.next);
    const { tape } = this;
    tape[at + TRADE.symbol] = bytes.word;
    const isBuy = bytes.take(BUY);
    if (!isBuy && !bytes.take(SELL)) return NaN;
    tape[at + TRADE.side] = isBuy ? 0 : 1;
    if (!bytes.decimal() || bytes.digits === 0) return NaN;
    tape[at + TRADE.price] = bytes.value;
    if (!bytes.take(QTY) || !bytes.decimal() || bytes.digits === 0) return NaN;
    tape[at + TRADE.size] = bytes.value;
    const isLimit = bytes.take(LIMIT);
    if (!isLimit && !bytes.take(MARKET)) return NaN;
    tape[at + TRADE.orderType] = isLimit ? 0 : 1;
    if (!bytes.count()) return NaN;
    const id = bytes.digits;
    tape[at + TRADE.id] = id;
    if (!bytes.take(TIMESTAMP) || !bytes.time() || !bytes.byte(CLOSE_BRACE)) return NaN;
    tape[at + TRADE.timeUs] = bytes.timeUs;
    return id;
  }

  #ticker(): boolean {
    const { bytes } = this;
    if (!bytes.take(TICKER_HEAD) || !bytes.knownText()) return false;
    const head = this.leave(TICKER.figures + FIGURES.length);
    const { tape } = this;
    tape[head] = SCANNED.ticker;
    tape[head + TICKER.symbol] = bytes.word;
    tape[head + TICKER.timeUs] = 0;
    for (let i = 0, at = head + TICKER.figures; i < FIGURE_KEYS.length; i++, at++) {
      if (!bytes.take(FIGURE_KEYS[i] as Literal)) tape[at] = NaN;
      else if (bytes.decimal()) tape[at] = bytes.value;
      else return false;
    }
    if (bytes.take(CHANGE) && !bytes.signed()) return false;
    if (bytes.take(CHANGE_PCT) && !bytes.signed()) return false;
    if (bytes.take(TIMESTAMP)) {
      if (!bytes.time()) return false;
      tape[head + TICKER.timeUs] = bytes.timeUs;
    }
    return bytes.take(END);
  }
}
