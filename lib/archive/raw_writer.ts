import { BuiltFile } from "./built_file.ts";
import { type CaptureInfo, captureLine, usOfNsText } from "./raw_line.ts";
import { compressFrame } from "./zstd_frames.ts";

/** Uncompressed bytes per zstd frame: corruption costs at most the frame it hits. */
const FRAME_BYTES = 1024 * 1024;
const FIRST_BLOCK_BYTES = 16 * 1024;
const BLOCK_GROWTH = 4;
const NEW_LINE = 10;
const QUOTE = 34;
/** `{"t":"` */
const TIME_AT = 6;
const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/** Number of lines by kind. */
interface RawCounts {
  /** JSON frames. */
  frames: number;
  /** Frames kept as base64. */
  binary: number;
  /** Connect, disconnect and resume events. */
  events: number;
}

/** A finished raw file, ready to upload. */
export class RawFile extends BuiltFile {
  /** Lines by kind. */
  readonly counts: RawCounts;
  /** Time of the earliest line, µs; 0 when there are no lines. */
  readonly firstUs: number;
  /** Time of the latest line, µs; 0 when there are no lines. */
  readonly lastUs: number;

  /** Builds the file from whole zstd frames. */
  constructor(
    frames: readonly Uint8Array[],
    { counts, firstUs, lastUs }: { counts: RawCounts; firstUs: number; lastUs: number },
  ) {
    super(frames);
    this.counts = counts;
    this.firstUs = firstUs;
    this.lastUs = lastUs;
  }
}

/**
 * Builds a raw file: the capture line, then formatted lines (`binaryLine` etc.) in chunks of whole
 * lines, as zstd frames of about 1 MiB that end at line ends.
 */
export class RawFileBuilder {
  #level: number;
  /** Lines of the open frame; reused for the next one. */
  #block = new Uint8Array(FIRST_BLOCK_BYTES);
  #used = 0;
  #frames: Uint8Array[] = [];
  #counts: RawCounts = { frames: 0, binary: 0, events: 0 };
  #firstUs = Infinity;
  #lastUs = 0;

  /** Builder with zstd `level`, 1…12. */
  constructor(info: CaptureInfo, level = 3) {
    this.#level = level;
    this.#push(UTF8.encode(captureLine(info)));
  }

  /** Adds whole lines with their line breaks, which are copied. */
  add(lines: Uint8Array): void {
    this.#count(lines);
    for (let start = 0; start < lines.length;) {
      const room = FRAME_BYTES - this.#used;
      if (lines.length - start <= room) return this.#push(lines.subarray(start));
      let end = lines.lastIndexOf(NEW_LINE, start + room - 1) + 1;
      // The next line exceeds the remaining room: put it whole in this frame or the next.
      if (end <= start) end = this.#used > 0 ? start : lines.indexOf(NEW_LINE, start) + 1;
      if (end > start) this.#push(lines.subarray(start, end));
      this.#close();
      start = Math.max(start, end);
    }
  }

  /** Compresses the open frame and returns the file. */
  finish(): RawFile {
    this.#close();
    return new RawFile(this.#frames, {
      counts: this.#counts,
      firstUs: this.#firstUs === Infinity ? 0 : this.#firstUs,
      lastUs: this.#lastUs,
    });
  }

  #push(bytes: Uint8Array): void {
    const end = this.#used + bytes.length;
    if (end > this.#block.length) this.#grow(end);
    this.#block.set(bytes, this.#used);
    this.#used = end;
  }

  #grow(bytes: number): void {
    const grown = Math.min(FRAME_BYTES, this.#block.length * BLOCK_GROWTH);
    const block = new Uint8Array(Math.max(bytes, grown));
    block.set(this.#block.subarray(0, this.#used));
    this.#block = block;
  }

  #close(): void {
    if (this.#used === 0) return;
    this.#frames.push(compressFrame(this.#block.subarray(0, this.#used), this.#level));
    this.#used = 0;
    // Grown by a line longer than a frame.
    if (this.#block.length > FRAME_BYTES) this.#block = new Uint8Array(FIRST_BLOCK_BYTES);
  }

  #count(lines: Uint8Array): void {
    for (let at = 0; at < lines.length;) {
      const quote = lines.indexOf(QUOTE, at + TIME_AT);
      const kind = lines[quote + 3];
      if (kind === 109) this.#counts.frames++;
      else if (kind === 120) this.#counts.binary++;
      else this.#counts.events++;
      const us = usOfNsText(TEXT.decode(lines.subarray(at + TIME_AT, quote)));
      if (us < this.#firstUs) this.#firstUs = us;
      if (us > this.#lastUs) this.#lastUs = us;
      const end = lines.indexOf(NEW_LINE, quote);
      at = end < 0 ? lines.length : end + 1;
    }
  }
}
