import type { BookSide, BookSideName, OrderBook } from "@ssmd/market";

/**
 * CRC-32 (IEEE) of a book's top ten levels as Kraken defines it: asks from the best, then bids from
 * the best; of each level the digits of price and size without point and leading zeros, which is
 * the decimal text of the integer steps. Source: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 *
 * The sum is combined from sums of single levels: appending n bytes to a message multiplies the
 * register by x^8n and adds the sum of those bytes. The product is four table look-ups for a known n;
 * sums of levels are memoized and those of sides cached: an update costs 50 look-ups, not 260 bytes.
 */
/** Levels per side that the checksum covers. */
export const LEVELS_CHECKED = 10;
/** Digits of a level: two numbers below 2^53 have 16 each. */
const DIGITS_MAX = 32;
const MEMO_SLOTS = 8192;
const MEMO_SHIFT = 19;

const BYTE_TABLE = byteTable();
/**
 * For n = 0…320 (a whole side) and each byte of a register: its contribution after n zero bytes.
 * Filled for the first book: most programs that load this have none.
 */
const SHIFTS = new Int32Array((LEVELS_CHECKED * DIGITS_MAX + 1) << 10);
const digits = new Uint8Array(DIGITS_MAX);
const memoPrice = new Float64Array(MEMO_SLOTS);
const memoSize = new Float64Array(MEMO_SLOTS);
const memoSum = new Int32Array(MEMO_SLOTS);
const memoBytes = new Uint8Array(MEMO_SLOTS);

/** Checksum of the digits of the best levels, asks before bids, unsigned. */
export function checksumOfTexts(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    crc = (BYTE_TABLE[(crc ^ text.charCodeAt(i)) & 255] as number) ^ (crc >>> 8);
  }
  return (crc ^ -1) >>> 0;
}

/** Checksum of a book that recomputes only changed sides. */
export class BookChecksum {
  #asks = new SideSum();
  #bids = new SideSum();

  constructor() {
    // 255 once filled.
    if (SHIFTS[255] === 0) fillShifts();
  }

  /** Marks a side as changed in its best ten levels. */
  changed(side: BookSideName): void {
    (side === "asks" ? this.#asks : this.#bids).isOld = true;
  }

  /** Checksum of the best ten levels per side, unsigned. */
  of({ asks, bids }: OrderBook): number {
    if (this.#asks.isOld) this.#asks.update(asks);
    if (this.#bids.isOld) this.#bids.update(bids);
    const register = shifted(-1, this.#asks.bytes) ^ this.#asks.sum;
    return (shifted(register, this.#bids.bytes) ^ this.#bids.sum ^ -1) >>> 0;
  }
}

/** Checksum and length of one side's digits. */
class SideSum {
  isOld = true;
  sum = 0;
  bytes = 0;

  update({ prices, sizes }: BookSide): void {
    const count = Math.min(LEVELS_CHECKED, prices.length);
    let sum = 0;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const price = prices[i] as number;
      const size = sizes[i] as number;
      const slot = (Math.imul(price | 0, 0x9e3779b1) ^ Math.imul(size | 0, 0x85ebca6b)) >>>
        MEMO_SHIFT;
      if (memoPrice[slot] !== price || memoSize[slot] !== size) remember(slot, price, size);
      const length = memoBytes[slot] as number;
      sum = shifted(sum, length) ^ (memoSum[slot] as number);
      bytes += length;
    }
    this.isOld = false;
    this.sum = sum;
    this.bytes = bytes;
  }
}

/** CRC register after this number of zero bytes. */
function shifted(register: number, bytes: number): number {
  const table = bytes << 10;
  return (SHIFTS[table + (register & 255)] as number) ^
    (SHIFTS[table + 256 + (register >>> 8 & 255)] as number) ^
    (SHIFTS[table + 512 + (register >>> 16 & 255)] as number) ^
    (SHIFTS[table + 768 + (register >>> 24)] as number);
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
  memoBytes[slot] = DIGITS_MAX - start;
}

/** Writes a whole number as decimal text that ends before `end`; returns its start. */
function writeDigits(steps: number, end: number): number {
  // 32-bit parts, as the remainder of a double is ten times slower.
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

function fillShifts(): void {
  for (let i = 0; i < 1024; i++) SHIFTS[i] = (i & 255) << (i >>> 8 << 3);
  for (let i = 1024; i < SHIFTS.length; i++) {
    const before = SHIFTS[i - 1024] as number;
    SHIFTS[i] = (BYTE_TABLE[before & 255] as number) ^ (before >>> 8);
  }
}
