const UTF8 = new TextEncoder();
/** With more symbols, the key of each message is read instead. */
const SYMBOLS_MAX = 16;

/**
 * Skips messages of other markets without decoding them: the symbol is the first pointer of every
 * record and easy to locate in single-segment messages, which is what we write. Messages of any
 * other shape are left to the message reader, which validates everything.
 */
export class SymbolProbe {
  #wanted: Uint8Array[];

  private constructor(symbols: ReadonlySet<string>) {
    this.#wanted = [...symbols].map((symbol) => UTF8.encode(symbol));
  }

  /** Returns undefined when there are too many symbols to be worth it. */
  static of(symbols: ReadonlySet<string> | undefined): SymbolProbe | undefined {
    return symbols === undefined || symbols.size > SYMBOLS_MAX
      ? undefined
      : new SymbolProbe(symbols);
  }

  /** Returns whether the message from `at` to `end` is certainly of another market. */
  isOther(bytes: Uint8Array, at: number, end: number): boolean {
    // One segment; then the root pointer, which must point to a struct.
    if (at + 24 > end || int32At(bytes, at) !== 0) return false;
    const root = int32At(bytes, at + 8);
    if ((root & 3) !== 0) return false;
    const pointerAt = at + 16 + (root >> 2) * 8 + int16At(bytes, at + 12) * 8;
    if (int16At(bytes, at + 14) === 0 || pointerAt < at || pointerAt + 8 > end) return false;
    const pointer = int32At(bytes, pointerAt);
    const size = int32At(bytes, pointerAt + 4) >>> 0;
    // A byte list that ends with NUL.
    if ((pointer & 3) !== 1 || (size & 7) !== 2) return false;
    const start = pointerAt + 8 + (pointer >> 2) * 8;
    const length = (size >>> 3) - 1;
    if (start < at || length < 0 || start + length > end) return false;
    for (const wanted of this.#wanted) if (isSame(wanted, bytes, { start, length })) return false;
    return true;
  }
}

function isSame(
  wanted: Uint8Array,
  bytes: Uint8Array,
  { start, length }: { start: number; length: number },
): boolean {
  if (wanted.length !== length) return false;
  for (let i = 0; i < length; i++) if (wanted[i] !== bytes[start + i]) return false;
  return true;
}

function int16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8;
}

function int32At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 |
    (bytes[at + 3] ?? 0) << 24;
}
