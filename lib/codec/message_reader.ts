import { CodecError } from "@ssmd/runtime/errors";
import { segmentCountOf, tableBytesOf } from "./framing.ts";
import { textOf } from "./text_cache.ts";

/** Element bits by size code; 6 is a pointer, 7 a struct with a tag. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64, 0];
/** Read limit as a multiple of the message size: each pointer may traverse it once. */
const WALKS = 4;

/**
 * Reads one message at a time. All segments are in the same buffer, so a far pointer only changes
 * the bounds. Checks every pointer before following it and limits traversal by the message size:
 * hostile bytes cause CodecError, never a hang.
 */
export class MessageReader {
  /** View of the message's buffer. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Start of the root struct's data section. */
  dataAt = 0;
  /** End of the root struct's data section. */
  dataEnd = 0;
  /** After structList(): offset of the first element. */
  elementsAt = 0;
  /** After structList(): stride between elements, bytes. */
  elementStride = 0;
  /** After structList(): size of an element's data section, bytes. */
  elementDataBytes = 0;

  #messageAt = 0;
  #length = 0;
  #pointersAt = 0;
  #pointers = 0;
  #walkLeft = 0;
  /** Segment boundaries; the last number is the end of the message. */
  readonly #segments: number[] = [0];
  #segmentCount = 0;
  /** Segment of the root struct. */
  #rootSegment = 0;
  /** Bounds of the current segment: nearly all messages have one, and each pointer is checked. */
  #segmentAt = 0;
  #segmentEnd = 0;
  /** Result of #follow: segment, pointer halves, content offset. */
  #segment = 0;
  #low = 0;
  #high = 0;
  #contentAt = 0;

  /**
   * Opens the message from `start` to `end` of `bytes`. Throws CodecError unless these are one whole
   * message with a struct.
   */
  open(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    if (bytes.buffer !== this.view.buffer) this.view = new DataView(bytes.buffer);
    this.#messageAt = bytes.byteOffset + start;
    this.#length = end - start;
    this.#findSegments();
    this.#walkLeft = this.#length * WALKS;
    this.#rootSegment = 0;
    this.#select(0);
    const rootAt = this.#segmentAt;
    if (rootAt + 8 > this.#segmentEnd) throw this.#malformed("there is no root pointer", rootAt);
    if (!this.#follow(rootAt)) {
      this.dataAt = this.dataEnd = this.#pointersAt = rootAt;
      this.#pointers = 0;
      return;
    }
    if ((this.#low & 3) !== 0) throw this.#malformed("the root is no struct", rootAt);
    const dataBytes = (this.#high & 0xffff) * 8;
    this.#pointers = this.#high >>> 16;
    this.#walk(this.#contentAt, dataBytes + this.#pointers * 8);
    this.dataAt = this.#contentAt;
    this.dataEnd = this.#pointersAt = this.#contentAt + dataBytes;
    this.#rootSegment = this.#segment;
  }

  /** Returns the text at the root's pointer `index`, "" when null. Throws CodecError. */
  text(index: number): string {
    if (!this.#followRoot(index)) return "";
    const length = this.#high >>> 3;
    const at = this.#contentAt;
    if ((this.#low & 3) !== 1 || (this.#high & 7) !== 2) {
      throw this.#malformed("expected a text", at);
    }
    this.#walk(at, length);
    const end = at + length - 1;
    if (length === 0 || this.view.getUint8(end) !== 0) {
      throw this.#malformed("a text does not end with NUL", at);
    }
    try {
      return textOf(this.view, at, end);
    } catch (cause) {
      throw this.#malformed("a text is no UTF-8", at, cause);
    }
  }

  /**
   * Finds the struct list at the root's pointer `index` and returns its length; sets elementsAt,
   * elementStride and elementDataBytes. Throws CodecError.
   */
  structList(index: number): number {
    if (!this.#followRoot(index)) return 0;
    const at = this.#contentAt;
    if ((this.#low & 3) !== 1) throw this.#malformed("expected a list", at);
    const size = this.#high & 7;
    const length = this.#high >>> 3;
    if (size === 7) return this.#taggedList(at, length);
    if (size === 1) throw this.#malformed("a list of bits is no list of structs", at);
    // A list of numbers reads as a list of structs whose first field is that number.
    const bytes = (ELEMENT_BITS[size] ?? 0) / 8;
    this.#walk(at, length * bytes);
    this.#pay(length * 8);
    this.elementsAt = at;
    this.elementStride = bytes;
    this.elementDataBytes = size === 6 ? 0 : bytes;
    return length;
  }

  #taggedList(at: number, words: number): number {
    this.#walk(at, words * 8 + 8);
    const tag = this.view.getUint32(at, true);
    const sizes = this.view.getUint32(at + 4, true);
    if ((tag & 3) !== 0) throw this.#malformed("a list of structs has a wrong tag", at);
    const count = tag >>> 2;
    const dataBytes = (sizes & 0xffff) * 8;
    const stride = dataBytes + (sizes >>> 16) * 8;
    if (count * stride > words * 8) throw this.#malformed("a list is longer than its words", at);
    if (stride === 0) this.#pay(count * 8);
    this.elementsAt = at + 8;
    this.elementStride = stride;
    this.elementDataBytes = dataBytes;
    return count;
  }

  #followRoot(index: number): boolean {
    if (index >= this.#pointers) return false;
    if (this.#segment !== this.#rootSegment) this.#select(this.#rootSegment);
    return this.#follow(this.#pointersAt + index * 8);
  }

  /** Reads a pointer whose location is known to be in bounds; false = null. */
  #follow(at: number): boolean {
    const low = this.view.getInt32(at, true);
    const high = this.view.getUint32(at + 4, true);
    if (low === 0 && high === 0) return false;
    if ((low & 3) === 2) return this.#followFar(low, high);
    if ((low & 3) === 3) throw this.#malformed("a capability has no place in a record", at);
    this.#low = low;
    this.#high = high;
    this.#contentAt = at + 8 + (low >> 2) * 8;
    return true;
  }

  /** Follows a far pointer to a landing pad: a pointer, or a far pointer and a tag. */
  #followFar(low: number, high: number): boolean {
    const isDouble = (low & 4) !== 0;
    const padAt = this.#enter(high, low);
    this.#walk(padAt, isDouble ? 16 : 8);
    const padLow = this.view.getInt32(padAt, true);
    const padHigh = this.view.getUint32(padAt + 4, true);
    if (!isDouble) {
      if ((padLow & 3) === 2) throw this.#malformed("a landing pad leads to another one", padAt);
      return this.#follow(padAt);
    }
    const tag = this.view.getInt32(padAt + 8, true);
    if ((padLow & 7) !== 2 || tag >> 2 !== 0 || (tag & 3) > 1) {
      throw this.#malformed("a double landing pad is not one", padAt);
    }
    this.#low = tag;
    this.#high = this.view.getUint32(padAt + 12, true);
    this.#contentAt = this.#enter(padHigh, padLow);
    return true;
  }

  /** Switches to a segment; returns the far pointer's target offset. */
  #enter(segment: number, low: number): number {
    if (segment >= this.#segmentCount) {
      throw this.#malformed(`there is no segment ${segment}`, this.#messageAt);
    }
    this.#select(segment);
    return this.#segmentAt + (low >>> 3) * 8;
  }

  #select(segment: number): void {
    this.#segment = segment;
    this.#segmentAt = this.#segments[segment] ?? 0;
    this.#segmentEnd = this.#segments[segment + 1] ?? 0;
  }

  /** Checks that the bytes are in the current segment, and counts them. */
  #walk(at: number, bytes: number): void {
    if (at < this.#segmentAt || at + bytes > this.#segmentEnd) {
      throw this.#malformed("a pointer leads out of its segment", at);
    }
    this.#pay(bytes);
  }

  #pay(bytes: number): void {
    this.#walkLeft -= bytes;
    if (this.#walkLeft < 0) {
      throw this.#malformed(
        "its pointers lead over the same bytes again and again",
        this.#messageAt,
      );
    }
  }

  #malformed(why: string, at: number, cause?: unknown): CodecError {
    return new CodecError("CODEC_MALFORMED", `The message is damaged: ${why}`, {
      hint: "Check that the bytes are an unpacked Cap'n Proto message of this type",
      context: { at: at - this.#messageAt },
      cause,
    });
  }

  #findSegments(): void {
    const start = this.#messageAt;
    const end = start + this.#length;
    if (this.#length < 4) throw truncated(this.#length);
    const count = segmentCountOf(this.view.getUint32(start, true), 0);
    let at = start + tableBytesOf(count);
    if (at > end) throw truncated(this.#length);
    this.#segmentCount = count;
    this.#segments[0] = at;
    for (let i = 1; i <= count; i++) {
      at += this.view.getUint32(start + i * 4, true) * 8;
      this.#segments[i] = at;
    }
    if (at > end) throw truncated(this.#length);
    if (at < end) {
      throw new CodecError("CODEC_MALFORMED", `${end - at} bytes follow the message`, {
        hint: "Split messages that stand back to back with messagesIn()",
      });
    }
  }
}

function truncated(length: number): CodecError {
  return new CodecError("CODEC_TRUNCATED", `A message is cut off after ${length} bytes`, {
    hint: "The rest of the message is missing; read it again from its source",
    context: { length },
  });
}
