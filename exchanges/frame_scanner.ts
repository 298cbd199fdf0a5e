import { LIMITS } from "@ssmd/runtime";
import { ByteScanner } from "./byte_scanner.ts";

const NUMBERS_FIRST = 4096;
const NUMBERS_KEPT_MAX = 1 << 18;

/**
 * Reads frames of a venue's usual shapes from their bytes. What it has read stands on a tape as numbers
 * until the frame's line is durable and the normalizer takes it: no text and no object is made of a
 * frame. A frame of any other shape is left to `JSON.parse`.
 */
export abstract class FrameScanner {
  protected readonly bytes: ByteScanner = new ByteScanner();
  #tape = new Float64Array(NUMBERS_FIRST);
  #end = 0;
  /** Frames on the tape that are not taken yet. */
  #waiting = 0;

  /** Reads the frame and puts it on the tape; false = it is of another shape. */
  protected abstract read(): boolean;

  /** Reads a frame. The place of what it says on the tape; -1 = it is of another shape. */
  scan(frame: Uint8Array): number {
    if (frame.length > LIMITS.frameBytesMax) return -1;
    const offset = this.#end;
    this.bytes.begin(frame);
    if (this.read() && this.bytes.end()) {
      this.#waiting++;
      return offset;
    }
    this.#end = offset;
    return -1;
  }

  /** A frame was taken from the tape, or is not wanted. */
  done(): void {
    if (--this.#waiting > 0) return;
    this.#end = 0;
    // A disk that refused for a while has left it long.
    if (this.#tape.length > NUMBERS_KEPT_MAX) this.#tape = new Float64Array(NUMBERS_FIRST);
  }

  /** The tape; another one after the next `scan`. */
  get tape(): Float64Array {
    return this.#tape;
  }

  /** The text of a word on the tape. */
  textOf(word: number): string {
    return this.bytes.textOf(word);
  }

  /** Where the next number will stand. */
  protected get offset(): number {
    return this.#end;
  }

  /** Adds a number. */
  protected put(value: number): void {
    if (this.#end === this.#tape.length) this.#grow();
    this.#tape[this.#end++] = value;
  }

  /** Leaves room for numbers that are known later; returns its place. */
  protected leave(count: number): number {
    const offset = this.#end;
    for (let i = 0; i < count; i++) this.put(0);
    return offset;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#tape.length);
    larger.set(this.#tape);
    this.#tape = larger;
  }
}
