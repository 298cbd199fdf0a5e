import { usOfIso } from "@ssmd/runtime";
import { type Literal, LITERAL_MAX, literalOf } from "./literal.ts";

const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const BACKSLASH = 92;
/** Digits that a double always holds exactly; longer numbers are not scanned. */
const DIGITS_MAX = 15;
/** Digits that an int32 holds; a decimal with no more is read byte by byte, which is faster. */
const SHORT_DIGITS_MAX = 9;
/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Room for all but the longest snapshots. */
const BYTES_FIRST = 16_384;
/** Bytes after a frame: a NUL, which no expected text has, or its line's end, and what is read beyond. */
const SPARE_BYTES = LITERAL_MAX + 8;
/** Bytes by four of a time up to its point, `2026-08-01T00:00:01.`. */
const SECOND_WORDS = 5;
const HASH_FACTOR = 0x9e3779b1;
/** Interned texts; only garbage from a venue exceeds it. */
const WORDS_MAX = 65_536;
/** By byte: 1 = part of a text, 2 = its closing quote, 0 = escape, control character or non-ASCII. */
const PLAIN = Uint8Array.from(
  { length: 256 },
  (_, code) => code === QUOTE ? 2 : Number(code >= 32 && code < 127 && code !== BACKSLASH),
);

/**
 * Reads JSON of an expected shape from bytes, without strings and objects. Every method continues
 * where the last one stopped, and returns false on anything unexpected. It accepts a subset of
 * JSON: plain ASCII texts without escapes, plain decimals, no white space.
 */
export class ByteScanner {
  /** Room for a copy of a frame, then a NUL, which ends texts and digits. */
  #copy = new Uint8Array(BYTES_FIRST);
  /** Holds the frame: the copy, or lines of a raw file. */
  #bytes = this.#copy;
  /** Of the same bytes: comparing eight at a time is several times as fast. */
  #view = new DataView(this.#bytes.buffer);
  /** Offset of its end. */
  #end = 0;
  /** Added to offsets in the copy to give those in the bytes that were copied. */
  #base = 0;
  #at = 0;
  /** By hash: word + 1; 0 = free. */
  #slots = new Int32Array(1024);
  #words: Literal[] = [];
  #hashes: number[] = [];
  #texts: string[] = [];
  /** Last time up to its point, as words: the next time is mostly of the same second. */
  #second = new Int32Array(SECOND_WORDS);
  #secondUs = NaN;
  #lastDay = -1;
  #lastDayUs = 0;
  /** Last decimal without its point, below 10^15. */
  digits = 0;
  /** Digits after its decimal point. */
  decimals = 0;
  /** Last text, as a number for {@linkcode textOf}. */
  word = 0;
  /** Last time, µs since 1970. */
  timeUs = 0;

  /** Starts on a frame. */
  begin(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length + SPARE_BYTES > this.#copy.length) this.#copy = new Uint8Array(2 * length);
    this.#copy.set(bytes);
    this.#copy[length] = 0;
    this.#use(this.#copy);
    this.#end = length;
    this.#at = 0;
    this.#base = 0;
  }

  /**
   * Starts on the frame from `start` to `end` of raw lines, without a copy: what follows it in its
   * line, `}` and a line feed, ends texts and digits too. `lines` must not change until it is read.
   */
  beginInLine(lines: Uint8Array<ArrayBuffer>, start: number, end: number): void {
    if (end + SPARE_BYTES > lines.length) {
      this.begin(lines.subarray(start, end));
      this.#base = start;
      return;
    }
    this.#use(lines);
    this.#end = end;
    this.#at = start;
    this.#base = 0;
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether all bytes were read. */
  end(): boolean {
    return this.#at === this.#end;
  }

  /** Reads exactly these bytes. Of those that go on after the frame, `end` tells. */
  take(expected: Literal): boolean {
    const at = this.#at;
    if (at > this.#end || !this.#isAt(at, expected)) return false;
    this.#at = at + expected.length;
    return true;
  }

  #isAt(at: number, { words, low, lowMask, high, highMask }: Literal): boolean {
    const view = this.#view;
    for (let i = 0; i < words.length; i++, at += 8) {
      if (view.getFloat64(at, true) !== words[i]) return false;
    }
    return ((view.getInt32(at, true) ^ low) & lowMask) === 0 &&
      ((view.getInt32(at + 4, true) ^ high) & highMask) === 0;
  }

  /** Reads exactly this byte. */
  byte(code: number): boolean {
    if (this.#bytes[this.#at] !== code) return false;
    this.#at++;
    return true;
  }

  /** Reads a non-negative decimal without an exponent, of at most 15 digits. */
  decimal(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let point = -1;
    let value = 0;
    for (; at <= start + SHORT_DIGITS_MAX + 1; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit >= 0 && digit <= 9) value = Math.imul(value, 10) + digit;
      else if (digit === POINT - ZERO && point < 0) point = at;
      else break;
    }
    if (at - start - (point < 0 ? 0 : 1) > SHORT_DIGITS_MAX) return this.#longDecimal();
    const whole = (point < 0 ? at : point) - start;
    const decimals = point < 0 ? 0 : at - point - 1;
    if (whole === 0 || whole > 1 && bytes[start] === ZERO || decimals === 0 && point >= 0) {
      return false;
    }
    this.digits = value;
    this.decimals = decimals;
    this.#at = at;
    return true;
  }

  #longDecimal(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    this.digits = 0;
    let end = this.#digits(start);
    const whole = end - start;
    if (whole === 0 || whole > 1 && bytes[start] === ZERO) return false;
    let decimals = 0;
    if (bytes[end] === POINT) {
      const first = end + 1;
      end = this.#digits(first);
      decimals = end - first;
      if (decimals === 0) return false;
    }
    if (whole + decimals > DIGITS_MAX) return false;
    this.decimals = decimals;
    this.#at = end;
    return true;
  }

  /** Appends the digits from `at` on to `digits`; returns their end. */
  #digits(at: number): number {
    const view = this.#view;
    let value = this.digits;
    for (;; at += 4) {
      const four = view.getInt32(at, true);
      // Bits of the bytes that are no digits: not 0x30 to 0x3f, or more than 0x39.
      const others = (four & 0xf0f0f0f0 ^ 0x30303030) |
        ((four + 0x06060606) & 0xf0f0f0f0 ^ 0x30303030);
      if (others === 0) {
        value = value * 10_000 + numberOf(four);
        continue;
      }
      const count = (31 - Math.clz32(others & -others)) >>> 3;
      // Before fewer digits come zeros.
      if (count > 0) {
        value = value * (POWERS[count] as number) + numberOf(four << (32 - 8 * count));
      }
      this.digits = value;
      return at + count;
    }
  }

  /** Reads a decimal with an optional minus. */
  signed(): boolean {
    const isNegative = this.#bytes[this.#at] === MINUS;
    if (isNegative) this.#at++;
    if (!this.decimal()) return false;
    if (isNegative) this.digits = 0 - this.digits;
    return true;
  }

  /** Last decimal as the double that `JSON.parse` gives. */
  get value(): number {
    return this.digits / (POWERS[this.decimals] as number);
  }

  /** Last decimal in steps of 10^-`decimals`; NaN when it has more digits than that. */
  steps(decimals: number): number {
    return this.decimals > decimals
      ? NaN
      : this.digits * (POWERS[decimals - this.decimals] as number);
  }

  /** Reads a non-negative whole number into `digits`. */
  count(): boolean {
    const start = this.#at;
    this.digits = 0;
    const end = this.#digits(start);
    const length = end - start;
    if (length === 0 || length > DIGITS_MAX || length > 1 && this.#bytes[start] === ZERO) {
      return false;
    }
    this.decimals = 0;
    this.#at = end;
    return true;
  }

  /** Skips a text and its closing quote. */
  text(): boolean {
    const end = this.#endOfText();
    if (end < 0) return false;
    this.#at = end + 1;
    return true;
  }

  /** Reads a recurring text and its closing quote into `word`. */
  knownText(): boolean {
    const end = this.#endOfText();
    const word = end < 0 ? -1 : this.#wordOf(this.#at, end);
    if (word < 0) return false;
    this.word = word;
    this.#at = end + 1;
    return true;
  }

  /** The text of a `word`. */
  textOf(word: number): string {
    return this.#texts[word] as string;
  }

  /** Offset of the next byte, in the bytes that were begun on. */
  get at(): number {
    return this.#base + this.#at;
  }

  #endOfText(): number {
    const bytes = this.#bytes;
    const view = this.#view;
    let at = this.#at;
    while (isPlain(view.getInt32(at, true))) at += 4;
    for (;; at++) {
      const kind = PLAIN[bytes[at] as number];
      if (kind !== 1) return kind === 2 ? at : -1;
    }
  }

  #wordOf(start: number, end: number): number {
    const hash = this.#hashOf(start, end);
    const length = end - start;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;; slot = (slot + 1) & mask) {
      const word = (this.#slots[slot] as number) - 1;
      if (word < 0) break;
      const known = this.#words[word] as Literal;
      if (known.length === length && this.#isAt(start, known)) return word;
    }
    const word = this.#words.length;
    if (word >= WORDS_MAX) return -1;
    // Copies: `slice` of a Buffer does not.
    const copy = new Uint8Array(this.#bytes.subarray(start, end));
    this.#words.push(literalOf(copy));
    this.#hashes.push(hash);
    this.#texts.push(String.fromCharCode(...copy));
    this.#slots[slot] = word + 1;
    if (4 * word > this.#slots.length) this.#spread();
    return word;
  }

  #hashOf(start: number, end: number): number {
    let hash = end - start;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      hash = Math.imul(hash ^ this.#view.getInt32(at, true), HASH_FACTOR);
    }
    for (; at < end; at++) hash = Math.imul(hash ^ (this.#bytes[at] as number), HASH_FACTOR);
    return hash ^ (hash >>> 15);
  }

  #spread(): void {
    this.#slots = new Int32Array(4 * this.#slots.length);
    const mask = this.#slots.length - 1;
    this.#hashes.forEach((hash, word) => {
      let slot = hash & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = word + 1;
    });
  }

  /** Reads `2026-08-01T00:00:01.00025Z`, 1–6 fraction digits, and the quote into `timeUs`. */
  time(): boolean {
    const at = this.#at;
    const bytes = this.#bytes;
    if (at + 4 * SECOND_WORDS > this.#end) return false;
    if (!this.#isSecond(at) && !this.#readSecond(at)) return false;
    const first = at + 4 * SECOND_WORDS;
    this.digits = 0;
    const end = this.#digits(first);
    const count = end - first;
    if (count < 1 || count > 6 || bytes[end] !== 90 || bytes[end + 1] !== QUOTE) return false;
    this.timeUs = this.#secondUs + this.digits * (POWERS[6 - count] as number);
    this.#at = end + 2;
    return this.timeUs <= Number.MAX_SAFE_INTEGER;
  }

  #isSecond(at: number): boolean {
    const view = this.#view;
    const second = this.#second;
    for (let i = 0; i < SECOND_WORDS; i++) {
      if (view.getInt32(at + 4 * i, true) !== second[i]) return false;
    }
    return true;
  }

  /** Reads a time up to its point. */
  #readSecond(at: number): boolean {
    const bytes = this.#bytes;
    if (bytes[at + 10] !== 84 || bytes[at + 13] !== 58 || bytes[at + 16] !== 58) return false;
    const hours = this.#two(at + 11);
    const minutes = this.#two(at + 14);
    const seconds = this.#two(at + 17);
    if (!(hours < 24 && minutes < 60 && seconds < 60) || bytes[at + 19] !== POINT) return false;
    const dayUs = this.#dayUs(at);
    if (!(dayUs >= 0)) return false;
    this.#secondUs = dayUs + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000;
    for (let i = 0; i < SECOND_WORDS; i++) {
      this.#second[i] = this.#view.getInt32(at + 4 * i, true);
    }
    return true;
  }

  /** Start of the day written at `at`, µs; NaN when invalid. */
  #dayUs(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return NaN;
    const year = this.#two(at) * 100 + this.#two(at + 2);
    const day = year * 10_000 + this.#two(at + 5) * 100 + this.#two(at + 8);
    if (day === this.#lastDay) return this.#lastDayUs;
    if (Number.isNaN(day)) return NaN;
    const text = String.fromCharCode(...bytes.subarray(at, at + 10));
    this.#lastDayUs = usOfIso(`${text}T00:00:00.000000Z`);
    this.#lastDay = day;
    return this.#lastDayUs;
  }

  /** Two digits; NaN when invalid. */
  #two(at: number): number {
    const tens = (this.#bytes[at] as number) - ZERO;
    const ones = (this.#bytes[at + 1] as number) - ZERO;
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
  }
}

/** The number of four digits, as little-endian bytes. */
function numberOf(four: number): number {
  const digits = four & 0x0f0f0f0f;
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return (pairs & 255) * 100 + (pairs >>> 16 & 255);
}

/** Whether four bytes are all printable ASCII without `"` and `\\`; sometimes false though they are. */
function isPlain(word: number): boolean {
  // The top bit of a byte: below 32 | above 126 | quote | backslash.
  const odd = (word - 0x20202020) | (word + 0x01010101) | word |
    ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101);
  return (odd & 0x80808080) === 0;
}
