/** Maximum length of a cached text. */
const MAX_LENGTH = 48;
/** Cache slots; a power of two. */
const PLACES = 4096;
/** 32-bit words of the longest cached text. */
const WORDS_MAX = MAX_LENGTH / 4;
/** Bits that are set in a word with a byte that is not ASCII. */
const NOT_ASCII = 0x80808080 | 0;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/**
 * One reusable array per length: five times as fast as TextDecoder, whose call overhead exceeds a
 * short text.
 */
const CODES: number[][] = Array.from({ length: MAX_LENGTH + 1 }, (_, i) => new Array(i).fill(0));
const kept: string[] = new Array(PLACES).fill("");
/** Bytes of the kept texts, `WORDS_MAX` words each. */
const keptWords = new Int32Array(PLACES * WORDS_MAX);
/** Words of the text that is read. */
const words = new Int32Array(WORDS_MAX);

/**
 * Decodes UTF-8 bytes from `start` to `end`, offsets in the view. Repeated short ASCII texts
 * (symbols, feeds) return the same cached string; at most 4,096 are kept. Throws TypeError when the
 * bytes are invalid UTF-8.
 */
export function textOf(view: DataView, start: number, end: number): string {
  const length = end - start;
  if (length > MAX_LENGTH) return decoded(view, start, length);
  let hash = length;
  let bits = 0;
  let count = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    bits |= word;
    hash = Math.imul(hash ^ word, 0x01000193);
    words[count++] = word;
  }
  if (at < end) {
    let word = 0;
    for (let shift = 0; at < end; at++, shift += 8) word |= view.getUint8(at) << shift;
    bits |= word;
    hash = Math.imul(hash ^ word, 0x01000193);
    words[count++] = word;
  }
  if ((bits & NOT_ASCII) !== 0) return decoded(view, start, length);
  const slot = (hash ^ (hash >>> 15)) & (PLACES - 1);
  const known = kept[slot] ?? "";
  if (known.length === length && isKept(slot, count)) return known;
  const text = asciiOf(view, start, length);
  kept[slot] = text;
  for (let i = 0; i < count; i++) keptWords[slot * WORDS_MAX + i] = words[i] ?? 0;
  return text;
}

function decoded({ buffer, byteOffset }: DataView, start: number, length: number): string {
  return UTF8.decode(new Uint8Array(buffer, byteOffset + start, length));
}

function isKept(slot: number, count: number): boolean {
  const first = slot * WORDS_MAX;
  for (let i = 0; i < count; i++) if (keptWords[first + i] !== words[i]) return false;
  return true;
}

function asciiOf(view: DataView, start: number, length: number): string {
  const codes = CODES[length] ?? [];
  for (let i = 0; i < length; i++) codes[i] = view.getUint8(start + i);
  return String.fromCharCode.apply(null, codes);
}
