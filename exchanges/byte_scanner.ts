import { usOfIso } from "@ssmd/runtime";

const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const BACKSLASH = 92;
/** Digits that a double always holds exactly; longer numbers are not scanned. */
const DIGITS_MAX = 15;
/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Interned texts; only garbage from a venue exceeds it. */
const WORDS_MAX = 65_536;
const UTF8 = new TextEncoder();
/** By byte: 1 = part of a text, 2 = its closing quote, 0 = escape, control character or non-ASCII. */
const PLAIN = Uint8Array.from(
  { length: 256 },
  (_, code) => code === QUOTE ? 2 : Number(code >= 32 && code < 127 && code !== BACKSLASH),
);

/** Bytes of a text expected in frames. */
export function literal(text: string): Uint8Array {
  return UTF8.encode(text);
}

/**
 * Reads JSON of an expected shape from bytes, without strings and objects. Every method continues
 * where the last one stopped, and returns false on anything unexpected. It accepts a subset of
 * JSON: plain ASCII texts without escapes, plain decimals, no white space.
 */
export class ByteScanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** By hash: word + 1; 0 = free. */
  #slots = new Int32Array(1024);
  #words: Uint8Array[] = [];
  #texts: string[] = [];
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
    this.#bytes = bytes;
    this.#at = 0;
  }

  /** Whether all bytes were read. */
  end(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Reads exactly these bytes. */
  take(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const from = this.#at;
    const length = expected.length;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== expected[i]) return false;
    this.#at = from + length;
    return true;
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
    let high = 0;
    // Nine digits at a time fit 32-bit integers, several times as fast as doubles.
    let low = 0;
    let count = 0;
    let point = -1;
    for (;; at++) {
      const code = (bytes[at] as number) - ZERO;
      if (code >= 0 && code <= 9) {
        if (count === 9) {
          high = low;
          low = 0;
        }
        low = (low * 10 + code) | 0;
        count++;
      } else if (bytes[at] === POINT && point < 0) point = count;
      else break;
    }
    const whole = point < 0 ? count : point;
    if (whole === 0 || whole === at - start - 1 && point >= 0 || count > DIGITS_MAX) return false;
    if (whole > 1 && bytes[start] === ZERO) return false;
    this.digits = count <= 9 ? low : high * (POWERS[count - 9] as number) + low;
    this.decimals = count - whole;
    this.#at = at;
    return true;
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
    return this.decimal() && this.decimals === 0;
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

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  #endOfText(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;; at++) {
      const kind = PLAIN[bytes[at] as number];
      if (kind !== 1) return kind === 2 ? at : -1;
    }
  }

  #wordOf(start: number, end: number): number {
    const bytes = this.#bytes;
    const mask = this.#slots.length - 1;
    let slot = slotOf(bytes, start, end, mask);
    for (;; slot = (slot + 1) & mask) {
      const word = (this.#slots[slot] as number) - 1;
      if (word < 0) break;
      if (this.#isWord(word, start, end)) return word;
    }
    const word = this.#words.length;
    if (word >= WORDS_MAX) return -1;
    // Copies: `slice` of a Buffer does not.
    this.#words.push(new Uint8Array(bytes.subarray(start, end)));
    this.#texts.push(String.fromCharCode(...bytes.subarray(start, end)));
    this.#slots[slot] = word + 1;
    if (4 * word > this.#slots.length) this.#spread();
    return word;
  }

  #spread(): void {
    const words = this.#words;
    this.#slots = new Int32Array(4 * this.#slots.length);
    const mask = this.#slots.length - 1;
    words.forEach((known, word) => {
      let slot = slotOf(known, 0, known.length, mask);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = word + 1;
    });
  }

  #isWord(word: number, start: number, end: number): boolean {
    const known = this.#words[word] as Uint8Array;
    const bytes = this.#bytes;
    if (known.length !== end - start) return false;
    for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
    return true;
  }

  /** Reads `2026-08-01T00:00:01.00025Z`, 1–6 fraction digits, and the quote into `timeUs`. */
  time(): boolean {
    const at = this.#at;
    const bytes = this.#bytes;
    if (bytes[at + 10] !== 84 || bytes[at + 13] !== 58 || bytes[at + 16] !== 58) return false;
    const hours = this.#two(at + 11);
    const minutes = this.#two(at + 14);
    const seconds = this.#two(at + 17);
    if (!(hours < 24 && minutes < 60 && seconds < 60) || bytes[at + 19] !== POINT) return false;
    const dayUs = this.#dayUs(at);
    if (!(dayUs >= 0)) return false;
    let end = at + 20;
    let fraction = 0;
    let code = (bytes[end] as number) - ZERO;
    while (code >= 0 && code <= 9) {
      fraction = fraction * 10 + code;
      code = (bytes[++end] as number) - ZERO;
    }
    const digits = end - at - 20;
    if (digits < 1 || digits > 6 || bytes[end] !== 90 || bytes[end + 1] !== QUOTE) return false;
    this.timeUs = dayUs + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 +
      fraction * (POWERS[6 - digits] as number);
    this.#at = end + 2;
    return this.timeUs <= Number.MAX_SAFE_INTEGER;
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

/** First hash slot of a text, from its last bytes: names of markets differ at their end. */
function slotOf(bytes: Uint8Array, start: number, end: number, mask: number): number {
  let hash = end - start;
  for (let i = Math.max(start, end - 6); i < end; i++) {
    hash = (hash * 31 + (bytes[i] as number)) | 0;
  }
  return (hash ^ (hash >>> 15)) & mask;
}
