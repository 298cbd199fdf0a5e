const UTF8 = new TextEncoder();
/** Of more symbols the key of each message is read instead. */
const SYMBOLS_MAX = 16;

/**
 * Passes over messages of other markets without reading them: the symbol is the first pointer of every
 * record, and in messages of one segment, as we write them, found by a few additions. What does not
 * look so is left to the reader of messages, which checks everything.
 */
export class SymbolProbe {
  #wanted: Uint8Array[];

  private constructor(symbols: ReadonlySet<string>) {
    this.#wanted = [...symbols].map((symbol) => UTF8.encode(symbol));
  }

  /** Undefined where there are too many symbols for it to be worth it. */
  static of(symbols: ReadonlySet<string> | undefined): SymbolProbe | undefined {
    return symbols === undefined || symbols.size > SYMBOLS_MAX
      ? undefined
      : new SymbolProbe(symbols);
  }

  /** Whether the message from `at` to `end` is certainly of another market. */
  isOther(bytes: Uint8Array, at: number, end: number): boolean {
    // One segment; then the root pointer, which leads to a struct.
    if (at + 24 > end || int32At(bytes, at) !== 0) return false;
    const root = int32At(bytes, at + 8);
    if ((root & 3) !== 0) return false;
    const pointerAt = at + 16 + (root >> 2) * 8 + int16At(bytes, at + 12) * 8;
    if (int16At(bytes, at + 14) === 0 || pointerAt < at || pointerAt + 8 > end) return false;
    const pointer = int32At(bytes, pointerAt);
    const size = int32At(bytes, pointerAt + 4) >>> 0;
    // A list of bytes, the last of which is NUL.
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
