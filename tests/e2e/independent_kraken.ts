import { emptyReading, type IndependentBook, type Reading } from "./independent_capture.ts";
import { shortest, unitsOf } from "./independent_decimal.ts";

/** A level as the venue writes it. */
interface Level {
  price: string;
  qty: string;
}

interface Data {
  symbol: string;
  bids: Level[];
  asks: Level[];
  checksum: string;
}

interface Frame {
  channel?: string;
  type?: string;
  method?: string;
  success?: boolean;
  result?: { channel?: string; depth?: string; symbol?: string };
  data?: Data[];
}

/** Sizes by price, in the venue's own texts. */
interface Book {
  depth: number;
  bids: Map<string, string>;
  asks: Map<string, string>;
}

/** How many digits a venue's texts have that were written down without their last zeros. */
export interface Digits {
  price: number;
  qty: number;
}

/** Levels that the checksum covers. */
const CHECKED = 10;

/**
 * Reads Kraken frames after the venue's documentation and nothing else: numbers stay the texts they
 * are, the checksum is made of these texts. `digits` puts zeros back that a recorder has lost.
 * Source: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 */
export function readKraken(frames: readonly string[], depth: number, digits?: Digits): Reading {
  const reading = emptyReading();
  const books = new Map<string, Book>();
  for (const text of frames) {
    reading.frames++;
    const frame = parseTexts(text);
    if (frame.method !== undefined) note(frame, books, depth);
    else if (frame.channel === "trade") reading.trade += frame.data?.length ?? 0;
    else if (frame.channel === "ticker") reading.ticker += frame.data?.length ?? 0;
    else if (frame.channel === "book") {
      for (const data of frame.data ?? []) {
        take(data, frame.type === "snapshot", books, depth, digits, reading);
      }
    } else if (frame.channel !== "heartbeat" && frame.channel !== "status") reading.unknown++;
  }
  for (const [symbol, book] of books) reading.books.set(symbol, shortened(book));
  return reading;
}

/** `JSON.parse` with every number as its own text. */
function parseTexts(text: string): Frame {
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? context?.source : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

/** An acknowledgement tells the depth that a book will have. */
function note({ result, success }: Frame, books: Map<string, Book>, depth: number): void {
  const symbol = result?.symbol;
  if (success !== true || result?.channel !== "book" || symbol === undefined) return;
  const known = books.get(symbol);
  if (known !== undefined) known.depth = Number(result.depth ?? depth);
}

function take(
  data: Data,
  isSnapshot: boolean,
  books: Map<string, Book>,
  depth: number,
  digits: Digits | undefined,
  reading: Reading,
): void {
  const book = isSnapshot
    ? { depth: books.get(data.symbol)?.depth ?? depth, bids: new Map(), asks: new Map() }
    : books.get(data.symbol);
  if (book === undefined) throw new Error(`${data.symbol} is updated before its snapshot`);
  books.set(data.symbol, book);
  for (const side of ["bids", "asks"] as const) {
    for (const { price, qty } of data[side]) {
      const [priceText, qtyText] = [padded(price, digits?.price), padded(qty, digits?.qty)];
      if (unitsOf(qtyText) === 0n) book[side].delete(priceText);
      else book[side].set(priceText, qtyText);
      if (unitsOf(qtyText) < 0n) reading.negative++;
    }
    const worst = sorted(book, side).slice(book.depth);
    for (const price of worst) book[side].delete(price);
  }
  reading.orderbook++;
  reading.checksums[checksum(book) === Number(data.checksum) ? "verified" : "failed"]++;
}

function padded(text: string, digits: number | undefined): string {
  if (digits === undefined) return text;
  const [whole = "", fraction = ""] = text.split(".");
  return `${whole}.${fraction.padEnd(digits, "0")}`;
}

/** Prices of a side, best first. */
function sorted(book: Book, side: "bids" | "asks"): string[] {
  const prices = [...book[side].keys()].map((text) => ({ text, units: unitsOf(text) }));
  const sign = side === "asks" ? 1 : -1;
  prices.sort((a, b) => a.units < b.units ? -sign : a.units > b.units ? sign : 0);
  return prices.map(({ text }) => text);
}

function checksum(book: Book): number {
  let text = "";
  for (const side of ["asks", "bids"] as const) {
    for (const price of sorted(book, side).slice(0, CHECKED)) {
      text += digitsOf(price) + digitsOf(book[side].get(price) ?? "");
    }
  }
  return crc32(text);
}

function digitsOf(text: string): string {
  return text.replace(".", "").replace(/^0+/, "");
}

/** CRC-32 (IEEE), bit by bit. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function shortened({ bids, asks }: Book): IndependentBook {
  const short = (side: Map<string, string>) =>
    new Map([...side].map(([price, size]) => [shortest(price), shortest(size)]));
  return { bids: short(bids), asks: short(asks) };
}
