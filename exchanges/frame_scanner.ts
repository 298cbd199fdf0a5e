import { LIMITS } from "@ssmd/runtime";
import { ByteScanner } from "./byte_scanner.ts";

const NUMBERS_FIRST = 4096;
const NUMBERS_KEPT_MAX = 1 << 18;

/**
 * Reads frames of a venue's common shapes from their bytes to numbers on a tape, which stay there
 * until the frame's line is durable and the normalizer takes them; no strings or objects are made.
 * Frames of any other shape are left to `JSON.parse`.
 */
export abstract class FrameScanner {
  protected readonly bytes: ByteScanner = new ByteScanner();
  #tape = new Float64Array(NUMBERS_FIRST);
  #end = 0;
  /** Frames on the tape that are not yet taken. */
  #waiting = 0;

  /** Reads the frame to the tape; false = another shape. */
  protected abstract read(): boolean;

  /** Reads a frame; returns its offset on the tape, or -1 for another shape. */
  scan(frame: Uint8Array): number {
    if (frame.length > LIMITS.frameBytesMax) return -1;
    this.bytes.begin(frame);
    return this.#scan();
  }

  /** Reads the frame from `start` to `end` of raw lines in the same way, in place. */
  scanInLine(lines: Uint8Array<ArrayBuffer>, start: number, end: number): number {
    if (end - start > LIMITS.frameBytesMax) return -1;
    this.bytes.beginInLine(lines, start, end);
    return this.#scan();
  }

  #scan(): number {
    const offset = this.#end;
    if (this.read() && this.bytes.end()) {
      this.#waiting++;
      return offset;
    }
    this.#end = offset;
    return -1;
  }

  /** Releases a frame that was taken from the tape, or is not needed. */
  done(): void {
    if (--this.#waiting > 0) return;
    this.#end = 0;
    // The tape may have grown long while the disk was failing.
    if (this.#tape.length > NUMBERS_KEPT_MAX) this.#tape = new Float64Array(NUMBERS_FIRST);
  }

  /** The tape; may be replaced by the next `scan`. */
  get tape(): Float64Array {
    return this.#tape;
  }

  /** Text of a word on the tape. */
  textOf(word: number): string {
    return this.bytes.textOf(word);
  }

  /** Offset of the next number. */
  protected get offset(): number {
    return this.#end;
  }

  /** Appends a number. */
  protected put(value: number): void {
    if (this.#end === this.#tape.length) this.#grow();
    this.#tape[this.#end++] = value;
  }

  /** Reserves space for numbers that the caller sets; returns its offset. */
  protected leave(count: number): number {
    const offset = this.#end;
    this.#end = offset + count;
    while (this.#end > this.#tape.length) this.#grow();
    return offset;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#tape.length);
    larger.set(this.#tape);
    this.#tape = larger;
  }
}
