import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ArchiveError, messageOf } from "@ssmd/runtime";

const ZSTD_MAGIC = 0xFD2FB528;
const SKIPPABLE_MAGIC_FIRST = 0x184D2A50;
const SKIPPABLE_MAGIC_LAST = 0x184D2A5F;
/** Compressed frames of one file may not swell beyond this each; ours are about 1 MiB. */
const FRAME_BYTES_MAX = 1024 * 1024 * 1024;

/** A frame as it lies in a file: `end` is the offset behind it. */
export interface ZstdFrame {
  /** Whether it holds compressed data or is passed over. */
  kind: "data" | "skippable";
  /** Offset of its first byte. */
  start: number;
  /** Offset behind its last byte. */
  end: number;
}

/** Where and why the walk over a file's frames ended early. */
interface ZstdCorruption {
  /** First byte of the frame that cannot be read. */
  offset: number;
  /** What is wrong, to stand in a sentence. */
  why: string;
}

/** From this level on zstd searches long enough for the length of a match to matter. */
const SEARCHING_LEVEL = 6;
/** Shortest match there: of 4 bytes, zstd's own for inputs so small, is slower and finds less in records. */
const MATCH_BYTES_MIN = 5;

/**
 * Compresses one independent frame, with a checksum by default. `level` 1…12, default 3. zstd is told the size:
 * it then takes tables for so much and not for a stream of any length, which cost more to clear than
 * to fill.
 */
export function compressFrame(
  data: Uint8Array,
  level = 3,
  { isChecksummed = true }: { isChecksummed?: boolean } = {},
): Uint8Array {
  const options = {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_checksumFlag]: isChecksummed ? 1 : 0,
      ...(level < SEARCHING_LEVEL ? {} : { [constants.ZSTD_c_minMatch]: MATCH_BYTES_MIN }),
    },
    // All of it in one buffer: none is copied into another.
    chunkSize: frameBytesMax(data.length),
    // Node's types do not know it yet.
    pledgedSrcSize: data.length,
  };
  return firstFrame(zstdCompressSync(data, options));
}

/** The most bytes that a frame of so many takes. */
function frameBytesMax(bytes: number): number {
  return bytes + (bytes >> 8) + 128;
}

/**
 * zstdCompressSync (Deno 2.9) at times puts one or two more frames of no content behind it. That the
 * first one holds everything is sure: zstd was told its size and fails otherwise.
 */
function firstFrame(bytes: Uint8Array): Uint8Array {
  const end = frameEnd(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  return typeof end === "number" ? bytes.subarray(0, end) : bytes;
}

/** A skippable frame around `content`: zstd tools pass over it. */
export function skippableFrame(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(8 + content.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, SKIPPABLE_MAGIC_FIRST, true);
  view.setUint32(4, content.length, true);
  frame.set(content, 8);
  return frame;
}

/** What stands in a skippable frame. */
export function skippableContent(file: Uint8Array, frame: ZstdFrame): Uint8Array {
  return file.subarray(frame.start + 8, frame.end);
}

/**
 * Decompresses one frame of a file, checksum verified; `offset` is where it begins when `file` is
 * only a part. Throws ArchiveError `ARCHIVE_DAMAGED` with `key` and the offset.
 */
export function decompressFrame(
  file: Uint8Array,
  frame: ZstdFrame,
  key: string,
  offset: number = frame.start,
): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = zstdDecompressSync(
      file.subarray(frame.start, frame.end),
      { maxOutputLength: FRAME_BYTES_MAX },
    );
    // Messages are taken out of it one by one, and a Buffer makes that twice as slow.
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    throw corruptionError(key, { offset, why: messageOf(error) });
  }
}

/** The error of a damaged file. */
export function corruptionError(key: string, corruption: ZstdCorruption): ArchiveError {
  return new ArchiveError(
    "ARCHIVE_DAMAGED",
    `${key} is damaged at byte ${corruption.offset}: ${corruption.why}`,
    {
      hint: "What stands before that byte was read; restore the file from a copy",
      context: { key, offset: corruption.offset },
    },
  );
}

/** The file's frames without decompressing them, and the damage that ended the walk, if any. */
export function framesOf(file: Uint8Array): { frames: ZstdFrame[]; corruption?: ZstdCorruption } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const frames: ZstdFrame[] = [];
  let start = 0;
  while (start < file.length) {
    const end = frameEnd(view, start);
    if (typeof end === "string") return { frames, corruption: { offset: start, why: end } };
    if (end > file.length) {
      const why = `the file ends ${end - file.length} bytes before its frame does`;
      return { frames, corruption: { offset: start, why } };
    }
    frames.push({ kind: isSkippable(view, start) ? "skippable" : "data", start, end });
    start = end;
  }
  return { frames };
}

/**
 * The frame at `start` of bytes that may end before it does: `end` is undefined when it is not
 * whole here, and `why` is "" unless no more bytes can make a frame of it; `missing` bytes, where that
 * is known.
 */
export function firstFrameIn(
  bytes: Uint8Array,
  start: number,
): { end?: number; kind: ZstdFrame["kind"]; why: string; missing?: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = start < bytes.length ? frameEnd(view, start) : CUT_HEADER;
  if (end === CUT_HEADER) return { kind: "data", why: "" };
  if (typeof end === "string") return { kind: "data", why: end };
  const kind = isSkippable(view, start) ? "skippable" : "data";
  return end > bytes.length
    ? { kind, why: "", missing: end - bytes.length }
    : { end, kind, why: "" };
}

const CUT_HEADER = "the file ends inside a frame's header";

function isSkippable(view: DataView, start: number): boolean {
  const magic = view.getUint32(start, true);
  return magic >= SKIPPABLE_MAGIC_FIRST && magic <= SKIPPABLE_MAGIC_LAST;
}

/** Offset behind the frame at `start`, or why there is none. */
function frameEnd(view: DataView, start: number): number | string {
  try {
    if (isSkippable(view, start)) return start + 8 + view.getUint32(start + 4, true);
    if (view.getUint32(start, true) !== ZSTD_MAGIC) return "no zstd frame begins here";
    return dataFrameEnd(view, start);
  } catch (error) {
    // A DataView read behind the end: the file was cut inside a header.
    if (error instanceof RangeError) return CUT_HEADER;
    throw error;
  }
}

/** RFC 8878, 3.1.1: header, blocks of 3 bytes of header and their content, checksum. */
function dataFrameEnd(view: DataView, start: number): number | string {
  const descriptor = view.getUint8(start + 4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  let at = start + 5 + (singleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes;
  for (;;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const type = (header >> 1) & 3;
    if (type === 3) return "a block has the reserved type";
    at += 3 + (type === 1 ? 1 : header >> 3);
    if ((header & 1) === 1) return at + ((descriptor & 4) === 0 ? 0 : 4);
  }
}
