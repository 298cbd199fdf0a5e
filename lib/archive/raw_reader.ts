import { Buffer } from "node:buffer";
import { ArchiveError, SsmdError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { type NamedObject, streamFrames } from "./frame_stream.ts";
import { concat } from "./bytes.ts";
import { parseLineBytes, parseRawLine, type RawFrameInLine, type RawLine } from "./raw_line.ts";
import { corruptionError, decompressFrame, framesOf } from "./zstd_frames.ts";

const NEW_LINE = 10;

/**
 * Reads the lines of a raw file in storage, capture line first. Yields everything in intact zstd
 * frames before corruption, then throws ArchiveError `ARCHIVE_DAMAGED` (or `RAW_LINE_INVALID`) with
 * key and offset; throws StorageError when the object cannot be read.
 */
export async function* readRaw(storage: Storage, key: string): AsyncIterable<RawLine> {
  yield* rawLinesOf(await storage.get(key), key);
}

/**
 * Streams the lines of a raw file from a manifest, one zstd frame at a time; at most one range and
 * one frame are in memory. Verifies size and hash at the end. Throws as {@linkcode readRaw}.
 */
export async function* streamRaw(
  storage: Storage,
  object: NamedObject,
): AsyncIterable<RawLine[]> {
  const { key } = object;
  const text = new LineText();
  let number = 0;
  for await (const { kind, offset, bytes } of streamFrames(storage, object)) {
    if (kind === "skippable") continue;
    const frame = { kind, start: 0, end: bytes.length };
    const lines = text.linesOf(decompressFrame(bytes, frame, key, offset));
    yield lines.map((line) => parsedLine(line, ++number, key));
  }
  if (!text.isWhole) {
    throw corruptionError(key, { offset: object.bytes, why: "the last line is not whole" });
  }
}

/** Splits chunks of bytes into whole lines. */
class LineText {
  #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #rest = "";

  /** Whether no partial line is pending. */
  get isWhole(): boolean {
    return this.#rest === "";
  }

  /** Returns the lines completed by this chunk. */
  linesOf(bytes: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}

/** Parses the lines of a raw file, compressed or plain; `key` names it in errors. */
export function* rawLinesOf(file: Uint8Array, key: string): Iterable<RawLine> {
  let number = 0;
  for (const line of textLinesOf(file, key)) {
    yield parsedLine(line, ++number, key);
  }
}

/**
 * Parses the lines of a raw file in the same way, but leaves frames in their bytes. Calls `onLine`
 * for each: a generator would cost as much as the parse.
 */
export function readLineBytes(
  file: Uint8Array,
  key: string,
  onLine: (line: RawFrameInLine | RawLine) => void,
): void {
  let number = 0;
  for (const { bytes, lines } of wholeLinesOf(file, key)) {
    const find = new LineEnds(bytes);
    for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
      number++;
      end = find.after(start);
      let line: RawFrameInLine | RawLine;
      try {
        line = parseLineBytes(lines, start, end);
      } catch (error) {
        throw lineError(error, number, key);
      }
      onLine(line);
    }
  }
}

/** Finds line feeds in bytes that end in one, eight bytes at a time: a line has some hundred. */
class LineEnds {
  #bytes: Uint8Array;
  #view: DataView;
  #lastWord: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#lastWord = bytes.length - 8;
  }

  /** Offset of the first line feed from `start` on. */
  after(start: number): number {
    const view = this.#view;
    let at = start;
    while (at <= this.#lastWord) {
      if ((lineFeedsIn(view.getInt32(at, true)) | lineFeedsIn(view.getInt32(at + 4, true))) !== 0) {
        break;
      }
      at += 8;
    }
    while (this.#bytes[at] !== NEW_LINE) at++;
    return at;
  }
}

function parsedLine(line: string, number: number, key: string): RawLine {
  try {
    return parseRawLine(line);
  } catch (error) {
    throw lineError(error, number, key);
  }
}

function lineError(error: unknown, number: number, key: string): unknown {
  if (!(error instanceof SsmdError)) return error;
  return new ArchiveError(error.code, `${key}, line ${number}: ${error.message}`, {
    hint: error.hint,
    context: { key, line: number, ...error.context },
    cause: error,
  });
}

/** Yields the text lines of a raw file; a last line without line break is corruption. */
export function* textLinesOf(file: Uint8Array, key: string): Iterable<string> {
  for (const { bytes, lines } of wholeLinesOf(file, key)) {
    for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
      end = bytes.indexOf(NEW_LINE, start);
      yield lines.toString("utf8", start, end);
    }
  }
}

/** Whole lines, each with its line feed; the same bytes twice, as a Buffer searches slowly. */
interface WholeLines {
  bytes: Uint8Array;
  lines: Buffer<ArrayBuffer>;
}

/** Yields the lines of a raw file, many at a time: a generator per line costs as much as its parse. */
function* wholeLinesOf(file: Uint8Array, key: string): Iterable<WholeLines> {
  let rest: Uint8Array = new Uint8Array(0);
  for (const chunk of plainChunksOf(file, key)) {
    const all = rest.length === 0 ? chunk : concat([rest, chunk]);
    const end = all.lastIndexOf(NEW_LINE) + 1;
    const bytes = all.subarray(0, end);
    if (end > 0) yield { bytes, lines: bufferOf(bytes) };
    rest = all.subarray(end);
  }
  if (rest.length > 0) {
    throw corruptionError(key, { offset: file.length, why: "the last line is not whole" });
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Yields the decompressed chunks of a file (zstd or plain) up to the first corruption. */
function* plainChunksOf(file: Uint8Array, key: string): Iterable<Uint8Array> {
  // Plain files begin with `{`; no zstd or skippable frame does.
  if (file[0] === 123) return yield file;
  if (file.length === 0) throw corruptionError(key, { offset: 0, why: "the file is empty" });
  const { frames, corruption } = framesOf(file);
  for (const frame of frames) {
    if (frame.kind === "data") yield decompressFrame(file, frame, key);
  }
  if (corruption !== undefined) throw corruptionError(key, corruption);
}

/** 0 when none of four bytes is a line feed. */
function lineFeedsIn(word: number): number {
  const others = word ^ 0x0a0a0a0a;
  return (others - 0x01010101) & ~others & 0x80808080;
}
