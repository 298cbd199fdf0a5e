import { emptyReading, type IndependentBook, type Reading } from "./independent_capture.ts";
import { shortest, textOf, unitsOf } from "./independent_decimal.ts";

interface Body {
  market_ticker: string;
  channel?: string;
  sid?: number;
  yes_dollars_fp?: [string, string][];
  no_dollars_fp?: [string, string][];
  price_dollars?: string;
  delta_fp: string;
  side: string;
  yes_bid_dollars?: string;
  yes_ask_dollars?: string;
}

interface Frame {
  type: string;
  sid?: number;
  seq?: number;
  msg: Body;
}

/** A market's book in the venue's terms: what is bid for YES and for NO. */
interface Book {
  sid: number;
  /** Whether deltas go on from it. */
  live: boolean;
  yes: Map<string, bigint>;
  no: Map<string, bigint>;
}

const ONE_DOLLAR = unitsOf("1");
/** Frames that carry no data. */
const CONTROL = ["ok", "error", "unsubscribed", "event_lifecycle", "market_lifecycle_v2"];

/**
 * Reads Kalshi frames after the venue's documentation and nothing else: each `sid` counts its
 * messages from 1; a hole spoils every book of that `sid` until its next snapshot, and a new connection
 * (before the frames of `breaks`) all books.
 * Source: https://docs.kalshi.com/websockets/orderbook-updates
 */
export function readKalshi(
  frames: readonly string[],
  breaks: ReadonlySet<number> = new Set(),
): Reading {
  const reading = emptyReading();
  const last = new Map<number, number>();
  const books = new Map<string, Book>();
  for (const text of frames) {
    if (breaks.has(reading.frames)) {
      last.clear();
      books.clear();
    }
    reading.frames++;
    const frame = JSON.parse(text) as Frame;
    if (frame.type === "subscribed") {
      begin(frame.msg, last, books);
      continue;
    }
    if (frame.seq !== undefined && !counts(frame, last, books, reading)) continue;
    take(frame, books, reading);
  }
  for (const [ticker, book] of books) reading.books.set(ticker, inYesTerms(book));
  return reading;
}

/** A subscription starts: its numbers too, and its books come again. */
function begin({ sid, channel }: Body, last: Map<number, number>, books: Map<string, Book>): void {
  if (sid === undefined) return;
  last.set(sid, 0);
  if (channel !== "orderbook_delta") return;
  for (const book of books.values()) if (book.sid === sid) book.live = false;
}

/** Whether the message is new; notes a hole before it. */
function counts(
  { sid = -1, seq = -1 }: Frame,
  last: Map<number, number>,
  books: Map<string, Book>,
  reading: Reading,
): boolean {
  const before = last.get(sid);
  if (before !== undefined && seq <= before) return false;
  last.set(sid, seq);
  if (before === undefined || seq === before + 1) return true;
  reading.holes.push(`${sid} ${before}→${seq}`);
  for (const [ticker, book] of books) if (book.sid === sid && book.live) books.delete(ticker);
  return true;
}

function take({ type, sid = -1, msg }: Frame, books: Map<string, Book>, reading: Reading): void {
  if (type === "orderbook_snapshot") {
    reading.orderbook++;
    const side = (levels: [string, string][] = []) =>
      new Map(levels.map(([price, size]) => [shortest(price), unitsOf(size)]));
    const [yes, no] = [side(msg.yes_dollars_fp), side(msg.no_dollars_fp)];
    books.set(msg.market_ticker, { sid, live: true, yes, no });
  } else if (type === "orderbook_delta") {
    const book = books.get(msg.market_ticker);
    if (book === undefined || !book.live || book.sid !== sid) return;
    reading.orderbook++;
    const side = msg.side === "yes" ? book.yes : book.no;
    const price = shortest(msg.price_dollars ?? "");
    const size = (side.get(price) ?? 0n) + unitsOf(msg.delta_fp);
    if (size < 0n) reading.negative++;
    if (size === 0n) side.delete(price);
    else side.set(price, size);
  } else if (type === "ticker") {
    const { price_dollars, yes_bid_dollars, yes_ask_dollars } = msg;
    if ((price_dollars ?? yes_bid_dollars ?? yes_ask_dollars) !== undefined) reading.ticker++;
  } else if (type === "trade") reading.trade++;
  else if (!CONTROL.includes(type)) reading.unknown++;
}

/** Who bids p for NO offers YES at 1 − p. */
function inYesTerms({ yes, no }: Book): IndependentBook {
  return {
    bids: new Map([...yes].map(([price, size]) => [price, textOf(size)])),
    asks: new Map([...no].map(([price, size]) => [
      textOf(ONE_DOLLAR - unitsOf(price)),
      textOf(size),
    ])),
  };
}
