import type { BookSide, OrderBook } from "@ssmd/market";

/**
 * CRC-32 (IEEE) of a book's top ten levels as Kraken defines it: asks from the best, then bids from
 * the best; of each level the digits of price and size without point and leading zeros, which is
 * the decimal text of the integer steps. Source: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 *
 * The sum is put together from sums of single levels: appending n bytes to a message multiplies the
 * register by x^8n and adds the sum of those bytes. The product is four table look-ups for a known n,
 * and a level's own sum is remembered, so an update costs 80 look-ups instead of 260 bytes.
 */
/** Levels a side that the checksum covers. */
export const LEVELS_CHECKED = 10;
/** Two numbers below 2^53 have 16 digits each. */
const DIGITS_MAX = 32;
const MEMO_SLOTS = 8192;
const MEMO_SHIFT = 19;

const BYTE_TABLE = byteTable();
const SHIFTS = shiftTables();
const digits = new Uint8Array(DIGITS_MAX);
const memoPrice = new Float64Array(MEMO_SLOTS);
const memoSize = new Float64Array(MEMO_SLOTS);
const memoSum = new Int32Array(MEMO_SLOTS);
const memoTable = new Int32Array(MEMO_SLOTS);

/** The checksum of the digits of the best levels, asks before bids, unsigned. */
export function checksumOfTexts(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    crc = (BYTE_TABLE[(crc ^ text.charCodeAt(i)) & 255] as number) ^ (crc >>> 8);
  }
  return (crc ^ -1) >>> 0;
}

/** The checksum of the best ten levels a side, unsigned. */
export function checksumOf(book: OrderBook): number {
  return (append(book.bids, append(book.asks, -1)) ^ -1) >>> 0;
}

function append(side: BookSide, register: number): number {
  const prices = side.prices;
  const sizes = side.sizes;
  const count = Math.min(LEVELS_CHECKED, prices.length);
  let crc = register;
  for (let i = 0; i < count; i++) {
    const price = prices[i] as number;
    const size = sizes[i] as number;
    const slot = (Math.imul(price | 0, 0x9e3779b1) ^ Math.imul(size | 0, 0x85ebca6b)) >>>
      MEMO_SHIFT;
    if (memoPrice[slot] !== price || memoSize[slot] !== size) remember(slot, price, size);
    const table = memoTable[slot] as number;
    crc = (SHIFTS[table + (crc & 255)] as number) ^
      (SHIFTS[table + 256 + (crc >>> 8 & 255)] as number) ^
      (SHIFTS[table + 512 + (crc >>> 16 & 255)] as number) ^
      (SHIFTS[table + 768 + (crc >>> 24)] as number) ^
      (memoSum[slot] as number);
  }
  return crc;
}

function remember(slot: number, price: number, size: number): void {
  const start = writeDigits(price, writeDigits(size, DIGITS_MAX));
  let crc = 0;
  for (let i = start; i < DIGITS_MAX; i++) {
    crc = (BYTE_TABLE[(crc ^ (digits[i] as number)) & 255] as number) ^ (crc >>> 8);
  }
  memoPrice[slot] = price;
  memoSize[slot] = size;
  memoSum[slot] = crc;
  memoTable[slot] = (DIGITS_MAX - start) << 10;
}

/** Writes the decimal text of a whole number so that it ends before `end`; returns where it starts. */
function writeDigits(steps: number, end: number): number {
  // Digits are taken from 32-bit parts: a remainder of doubles is ten times as slow.
  const high = Math.floor(steps / 1e9);
  let rest = (steps - high * 1e9) | 0;
  let at = end;
  if (high > 0) {
    for (let i = 0; i < 9; i++) {
      digits[--at] = 48 + rest % 10;
      rest = (rest / 10) | 0;
    }
    rest = high | 0;
  }
  do {
    digits[--at] = 48 + rest % 10;
    rest = (rest / 10) | 0;
  } while (rest > 0);
  return at;
}

function byteTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}

/** For n = 0…32 and each of the four bytes of a register: that byte's share after n zero bytes. */
function shiftTables(): Int32Array {
  const tables = new Int32Array((DIGITS_MAX + 1) << 10);
  for (let i = 0; i < 1024; i++) tables[i] = (i & 255) << (i >>> 8 << 3);
  for (let i = 1024; i < tables.length; i++) {
    const before = tables[i - 1024] as number;
    tables[i] = (BYTE_TABLE[before & 255] as number) ^ (before >>> 8);
  }
  return tables;
}
