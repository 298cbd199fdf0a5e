import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ArchiveError, messageOf } from "@ssmd/runtime";

const ZSTD_MAGIC = 0xFD2FB528;
const SKIPPABLE_MAGIC_FIRST = 0x184D2A50;
const SKIPPABLE_MAGIC_LAST = 0x184D2A5F;
/** Maximum decompressed size of a frame; ours are about 1 MiB. */
const FRAME_BYTES_MAX = 1024 * 1024 * 1024;

/** Largest header of a data frame. */
const HEADER_BYTES_MAX = 18;
/** Output buffer for a frame that does not state its size. */
const OUTPUT_BYTES = 64 * 1024;
/** Largest output buffer: a damaged header must not take all memory. */
const STATED_BYTES_MAX = 8 * 1024 * 1024;

/** A frame's location in a file. */
export interface ZstdFrame {
  /** `data` = compressed data; `skippable` = ignored. */
  kind: "data" | "skippable";
  /** Offset of its first byte. */
  start: number;
  /** Offset after its last byte. */
  end: number;
}

/** Where and why the scan of a file's frames ended early. */
interface ZstdCorruption {
  /** First byte of the unreadable frame. */
  offset: number;
  /** What is wrong, as part of a sentence. */
  why: string;
}

/** From this level on zstd searches long enough for the minimum match length to matter. */
const SEARCHING_LEVEL = 6;
/** Minimum match from that level on; zstd's 4 for small inputs is slower and finds less. */
const MATCH_BYTES_MIN = 5;

/**
 * Compresses one independent frame, with a checksum by default. `level` 1…12, default 3. Passing
 * the size lets zstd allocate small tables; those for streams of unknown length cost more to clear
 * than to fill.
 */
export function compressFrame(
  data: Uint8Array,
  level = 3,
  { isChecksummed = true }: { isChecksummed?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const options = {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_checksumFlag]: isChecksummed ? 1 : 0,
      ...(level < SEARCHING_LEVEL ? {} : { [constants.ZSTD_c_minMatch]: MATCH_BYTES_MIN }),
    },
    // One output buffer for all of it, to avoid copies.
    chunkSize: frameBytesMax(data.length),
    // Missing in Node's types.
    pledgedSrcSize: data.length,
  };
  return firstFrame(zstdCompressSync(data, options));
}

/** Returns the maximum frame size for so many bytes. */
function frameBytesMax(bytes: number): number {
  return bytes + (bytes >> 8) + 128;
}

/**
 * zstdCompressSync (Deno 2.9) sometimes appends one or two empty frames. The first frame is known
 * to hold everything: zstd knew the size and would fail otherwise. Copied, as the frame is a view of
 * a buffer for the worst case, which frames that are kept would keep too.
 */
function firstFrame(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = frameEnd(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  return new Uint8Array(typeof end === "number" ? bytes.subarray(0, end) : bytes);
}

/** Returns a skippable frame around `content`; zstd tools ignore it. */
export function skippableFrame(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(8 + content.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, SKIPPABLE_MAGIC_FIRST, true);
  view.setUint32(4, content.length, true);
  frame.set(content, 8);
  return frame;
}

/** Returns the content of a skippable frame. */
export function skippableContent(file: Uint8Array, frame: ZstdFrame): Uint8Array {
  return file.subarray(frame.start + 8, frame.end);
}

/**
 * Decompresses one frame and verifies its checksum; `offset` is its place in the file when `file`
 * is only a part. Throws ArchiveError `ARCHIVE_DAMAGED` with `key` and the offset.
 */
export function decompressFrame(
  file: Uint8Array,
  frame: ZstdFrame,
  key: string,
  offset: number = frame.start,
): Uint8Array<ArrayBuffer> {
  try {
    const { buffer, byteOffset, byteLength } = zstdDecompressSync(
      file.subarray(frame.start, frame.end),
      { maxOutputLength: FRAME_BYTES_MAX, chunkSize: outputBytesOf(file, frame) },
    );
    // Avoid Buffer: taking messages out of it is twice as slow.
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  } catch (error) {
    throw corruptionError(key, { offset, why: messageOf(error) });
  }
}

/** Size of the output buffer: all of a frame that states its size, to avoid copies. */
function outputBytesOf(file: Uint8Array, { start, end }: ZstdFrame): number {
  const view = new DataView(file.buffer, file.byteOffset + start, end - start);
  if (view.byteLength < HEADER_BYTES_MAX) return OUTPUT_BYTES;
  const { at, bytes } = contentSizeIn(view, 0);
  const stated = bytes === 4
    ? view.getUint32(at, true)
    : bytes === 2
    ? view.getUint16(at, true) + 256
    : OUTPUT_BYTES;
  // With room to spare zlib sees the end without another buffer.
  return Math.min(stated, STATED_BYTES_MAX) + 64;
}

/** Returns the error of a corrupt file. */
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

/** Scans frames without decompressing; includes the corruption that ended the scan. */
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
 * Finds the frame at `start` of possibly incomplete bytes. `end` is undefined when the frame is
 * incomplete; `why` is "" unless more bytes cannot complete it; `missing` = bytes missing, if
 * known.
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

/** Returns the offset after the frame at `start`, or why there is none. */
function frameEnd(view: DataView, start: number): number | string {
  try {
    if (isSkippable(view, start)) return start + 8 + view.getUint32(start + 4, true);
    if (view.getUint32(start, true) !== ZSTD_MAGIC) return "no zstd frame begins here";
    return dataFrameEnd(view, start);
  } catch (error) {
    // The DataView read past the end: the file was cut inside a header.
    if (error instanceof RangeError) return CUT_HEADER;
    throw error;
  }
}

/** RFC 8878, 3.1.1: header, blocks (3-byte header and content), checksum. */
function dataFrameEnd(view: DataView, start: number): number | string {
  const size = contentSizeIn(view, start);
  let at = size.at + size.bytes;
  for (;;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const type = (header >> 1) & 3;
    if (type === 3) return "a block has the reserved type";
    at += 3 + (type === 1 ? 1 : header >> 3);
    if ((header & 1) === 1) return at + ((view.getUint8(start + 4) & 4) === 0 ? 0 : 4);
  }
}

/** Where the header of a data frame states its content's size, the header's last field; 0 bytes = not. */
function contentSizeIn(view: DataView, start: number): { at: number; bytes: number } {
  const descriptor = view.getUint8(start + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return {
    at: start + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes,
    bytes: [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0,
  };
}
