import { CodecError } from "@ssmd/runtime/errors";

/** Bytes per chunk; a larger message gets its own chunk. */
const CHUNK_BYTES = 256 * 1024;
/** Segment table of one segment, then the root pointer. */
const HEAD_BYTES = 16;
/** Maximum text size; list lengths have 29 bits. */
const MAX_TEXT_BYTES = 2 ** 29 - 2;
/** Pairs of texts kept; only garbage exceeds it. */
const PAIRS_MAX = 65_536;
/** Buffers kept for later. */
const SPARE_MAX = 32;
/** A list of bytes, in a pointer. */
const TEXT_ELEMENT = 2;
const UTF8 = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Two encoded texts, one after the other. */
interface EncodedPair {
  second: string | undefined;
  /** Both, each with NULs up to a whole word; no UTF-8 is a NaN, whose bits may change. */
  words: Float64Array;
  /** Offset of the second one. */
  secondAt: number;
  /** Upper halves of their pointers: length with the closing NUL, and type. */
  firstSize: number;
  secondSize: number;
}

/** Returns the maximum encoded size of a text: 3 bytes per UTF-16 unit, NUL, padding to a word. */
export function textRoom(text: string): number {
  return text.length * 3 + 8;
}

/**
 * Writes single-segment messages one after the other into chunks that are never overwritten, so a
 * message stays valid while referenced; or into one buffer that grows. Both start zeroed: default
 * values are not written.
 */
export class MessageWriter {
  /** Whether all is in one buffer, until `take`. */
  readonly #isWhole: boolean;
  /** View of the current chunk. */
  view: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(0));
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Of the chunk: to ask the array for it is a call of V8 itself. */
  #buffer = new ArrayBuffer(0);
  /** The chunk by eight bytes. */
  #words = new Float64Array(0);
  /** By the first text. */
  #pairs = new Map<string, EncodedPair>();
  /** Zeroed buffers. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #start = 0;
  #end = 0;
  #open = false;

  constructor({ isWhole = false }: { isWhole?: boolean } = {}) {
    this.#isWhole = isWhole;
  }

  /** Offset at which the next message begins. */
  get end(): number {
    return this.#end;
  }

  /** Leaves out so many bytes, up to a whole word, for the caller to write; returns their offset. */
  skip(bytes: number): number {
    const room = (bytes + 7) & ~7;
    if (this.#open || this.#end + room > this.#bytes.length) this.#renew(room);
    this.#start = this.#end;
    this.#end += room;
    return this.#start;
  }

  /** Writes bytes of something else, and zeros up to a whole word. */
  append(bytes: Uint8Array): void {
    const at = this.skip(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /**
   * Takes back a buffer that `take` returned and nobody reads any more. New memory costs more than
   * to clear this: the system zeroes it page by page, and its size brings collections forward.
   */
  giveBack({ buffer, byteOffset, byteLength }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || this.#spare.length === SPARE_MAX) return;
    const whole = new Uint8Array(buffer);
    whole.fill(0, 0, byteOffset + byteLength);
    this.#spare.push(whole);
  }

  /** Returns the whole buffer, and begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const [bytes, end] = [this.#bytes, this.#end];
    this.#end = 0;
    if (end > bytes.length / 2) {
      this.#bytes = new Uint8Array(0);
      this.#renew(bytes.length);
      return bytes.subarray(0, end);
    }
    // A small one would keep a large buffer alive.
    const copy = bytes.slice(0, end);
    bytes.fill(0, 0, end);
    return copy;
  }

  /**
   * Starts a message whose root struct has `dataBytes` and `pointers`, and reserves `room` bytes
   * after it. Returns the offset of the struct.
   */
  begin(dataBytes: number, pointers: number, room: number): number {
    const needed = HEAD_BYTES + dataBytes + pointers * 8 + room;
    // An unfinished message left bytes where zeros are required.
    if (this.#open || this.#end + needed > this.#bytes.length) this.#renew(needed);
    this.#open = true;
    const start = this.#end;
    this.#start = start;
    this.#end = start + HEAD_BYTES + dataBytes + pointers * 8;
    this.view.setUint16(start + 12, dataBytes >>> 3, true);
    this.view.setUint16(start + 14, pointers, true);
    return start + HEAD_BYTES;
  }

  /** Writes a text for the pointer at `pointerAt`; "" stays a null pointer. */
  text(pointerAt: number, text: string): void {
    const length = text.length;
    if (length === 0) return;
    const bytes = this.#bytes;
    const at = this.#end;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return this.#textOf(pointerAt, text);
      bytes[at + i] = code;
    }
    this.#list(pointerAt, TEXT_ELEMENT, length + 1);
    this.#end = at + ((length + 8) & ~7);
  }

  /**
   * Writes two texts that many messages have together, a symbol and its feed, for the pointer at
   * `pointerAt` and the next one, from their cached bytes.
   */
  sharedTexts(pointerAt: number, first: string, second: string): void {
    const pair = this.#pairs.get(first) ?? this.#rememberPair(first, second);
    if (pair.second !== second) return this.#textsApart(pointerAt, first, second);
    const { words, secondAt } = pair;
    const { view } = this;
    const chunk = this.#words;
    const end = this.#end;
    for (let i = 0, at = end >>> 3; i < words.length; i++, at++) chunk[at] = words[i] as number;
    view.setUint32(pointerAt, ((end - pointerAt - 8) >>> 1) | 1, true);
    view.setUint32(pointerAt + 4, pair.firstSize, true);
    view.setUint32(pointerAt + 8, ((end + secondAt - pointerAt - 16) >>> 1) | 1, true);
    view.setUint32(pointerAt + 12, pair.secondSize, true);
    this.#end = end + 8 * words.length;
  }

  /** Writes two texts of which the first has often come with another one, or one that is "". */
  #textsApart(pointerAt: number, first: string, second: string): void {
    this.text(pointerAt, first);
    this.text(pointerAt + 8, second);
  }

  #rememberPair(first: string, second: string): EncodedPair {
    const [a, b] = [UTF8.encode(first), UTF8.encode(second)];
    const secondAt = (a.length + 8) & ~7;
    const bytes = new Uint8Array(secondAt + ((b.length + 8) & ~7));
    bytes.set(a);
    bytes.set(b, secondAt);
    const pair = {
      // "" is a null pointer.
      second: first === "" || second === "" ? undefined : second,
      words: new Float64Array(bytes.buffer),
      secondAt,
      firstSize: (a.length + 1) << 3 | TEXT_ELEMENT,
      secondSize: (b.length + 1) << 3 | TEXT_ELEMENT,
    };
    if (this.#pairs.size >= PAIRS_MAX) this.#pairs.clear();
    this.#pairs.set(first, pair);
    return pair;
  }

  /**
   * Writes the header of a list of `count` structs without pointers for the pointer at `pointerAt`.
   * Returns the offset of the first element; 0 when the list is empty (null pointer).
   */
  structList(pointerAt: number, count: number, dataBytes: number): number {
    if (count === 0) return 0;
    const at = this.#end;
    this.#list(pointerAt, 7, count * (dataBytes >>> 3));
    this.view.setUint32(at, count << 2, true);
    this.view.setUint16(at + 4, dataBytes >>> 3, true);
    this.#end = at + 8 + count * dataBytes;
    return at + 8;
  }

  /** Ends the message. */
  finish(): void {
    this.view.setUint32(this.#start + 4, (this.#end - this.#start - 8) >>> 3, true);
    this.#open = false;
  }

  /** The message that ended last, a view of the chunk. */
  get message(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#start, this.#end - this.#start);
  }

  #list(pointerAt: number, elementSize: number, length: number): void {
    this.view.setUint32(pointerAt, ((this.#end - pointerAt - 8) >>> 1) | 1, true);
    this.view.setUint32(pointerAt + 4, (length << 3) | elementSize, true);
  }

  /** Writes a non-ASCII text; a lone surrogate becomes U+FFFD. */
  #textOf(pointerAt: number, text: string): void {
    const { written } = UTF8.encodeInto(text, this.#bytes.subarray(this.#end));
    this.#bytes[this.#end + written] = 0;
    this.#list(pointerAt, TEXT_ELEMENT, written + 1);
    this.#end += (written + 8) & ~7;
  }

  #renew(needed: number): void {
    if (needed > MAX_TEXT_BYTES) {
      throw new CodecError("CODEC_OUT_OF_RANGE", `A record is too large: ${needed} bytes`, {
        hint: "A message holds at most 512 MiB; split the book or shorten the text",
      });
    }
    const kept = this.#isWhole ? this.#keptBytes() : NOTHING;
    const size = Math.max(CHUNK_BYTES, kept.length * 2, kept.length + ((needed + 7) & ~7));
    const bytes = this.#zeros(size);
    bytes.set(kept);
    this.#bytes = bytes;
    this.#buffer = bytes.buffer;
    this.#words = new Float64Array(bytes.buffer);
    this.view = new DataView(bytes.buffer);
    this.#end = kept.length;
    this.#open = false;
  }

  #zeros(size: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare.pop();
    return spare !== undefined && spare.length >= size ? spare : new Uint8Array(size);
  }

  /** What is written, without a message that was not finished. */
  #keptBytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#open ? this.#start : this.#end);
  }
}
