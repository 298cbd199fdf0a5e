import { zstdDecompressSync } from "node:zlib";
import { createHash } from "node:crypto";
import { messageOf } from "@ssmd/runtime";
import { concat, sha256Of } from "./bytes.ts";
import { compressFrame, damaged, skippableFrame } from "./zstd_frames.ts";

/** Bytes behind the compressed index: its SHA-256, the length of its whole frame, a mark. */
export const INDEX_TRAILER_BYTES = 44;
const SHA256_BYTES = 32;
const MARK = new TextEncoder().encode("ssmdidx1");
const HEADER_BYTES = 8;
const INDEX_LEVEL = 9;
/** The index of millions of frames; beyond it the bytes are no index of ours. */
const INDEX_PLAIN_BYTES_MAX = 512 * 1024 * 1024;

/** One zstd frame of a sealed day. */
export interface SealedFrame {
  /** Bytes of the frame. */
  bytes: number;
  /** Records in it. */
  count: number;
  /** receivedAt of its earliest record, µs. */
  fromUs: number;
  /** receivedAt of its latest record, µs. */
  toUs: number;
  /** First 16 hex digits of the frame's SHA-256. */
  check: string;
}

/** Where the records of one symbol are. */
export interface SealedSymbol {
  /** Our name of the market. */
  symbol: string;
  /** Number of its first frame. */
  frame: number;
  /** How many frames; one that begins in a shared frame has only that. */
  frames: number;
  /** Records in the first frame that belong to symbols before it. */
  skip: number;
  /** Its records. */
  count: number;
}

/** What a sealed day has behind its records. */
export interface SealedIndex {
  /** In the order of the file. */
  frames: SealedFrame[];
  /** In the order of the file: by code units. */
  symbols: SealedSymbol[];
}

/** Columns, and times as differences: small once compressed, and readable when it is not. */
interface IndexJson {
  format: "ssmd-index/1";
  frames: { bytes: number[]; count: number[]; from: number[]; span: number[]; check: string[] };
  symbols: { name: string[]; frames: number[]; count: number[] };
}

/** What a frame's bytes must give to be those of the index. */
export function frameCheck(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** The last frame of a sealed day; zstd tools pass over it. */
export function indexFrame(index: SealedIndex): Uint8Array {
  const packed = compressFrame(
    new TextEncoder().encode(JSON.stringify(jsonOf(index))),
    INDEX_LEVEL,
  );
  const trailer = new Uint8Array(INDEX_TRAILER_BYTES);
  trailer.set(createHash("sha256").update(packed).digest());
  const frameBytes = HEADER_BYTES + packed.length + INDEX_TRAILER_BYTES;
  new DataView(trailer.buffer).setUint32(SHA256_BYTES, frameBytes, true);
  trailer.set(MARK, SHA256_BYTES + 4);
  return skippableFrame(concat([packed, trailer]));
}

/**
 * How long the index frame is, by the last bytes of a file that is `size` bytes long.
 * Throws ArchiveError `ARCHIVE_DAMAGED` when no index ends there.
 */
export function indexFrameBytes(end: Uint8Array, size: number, key: string): number {
  const trailer = end.subarray(-INDEX_TRAILER_BYTES);
  const offset = Math.max(0, size - INDEX_TRAILER_BYTES);
  const isMarked = trailer.length === INDEX_TRAILER_BYTES &&
    MARK.every((byte, i) => trailer[SHA256_BYTES + 4 + i] === byte);
  if (!isMarked) throw damaged(key, { offset, why: "it does not end with an index of symbols" });
  const view = new DataView(trailer.buffer, trailer.byteOffset);
  const bytes = view.getUint32(SHA256_BYTES, true);
  if (bytes <= size && bytes > HEADER_BYTES + INDEX_TRAILER_BYTES) return bytes;
  throw damaged(key, { offset, why: "the length of its index cannot be" });
}

/**
 * The index in the whole index frame, which begins at `offset` of the file `key`.
 * Throws ArchiveError `ARCHIVE_DAMAGED`.
 */
export function parseIndexFrame(frame: Uint8Array, offset: number, key: string): SealedIndex {
  if (frame.length <= HEADER_BYTES + INDEX_TRAILER_BYTES) {
    throw damaged(key, { offset, why: "its index of symbols is too short" });
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const packed = frame.subarray(HEADER_BYTES, frame.length - INDEX_TRAILER_BYTES);
  const expected = frame.subarray(frame.length - INDEX_TRAILER_BYTES, -12);
  const isFrame = view.getUint32(0, true) === new DataView(EMPTY_FRAME.buffer).getUint32(0, true) &&
    view.getUint32(4, true) === frame.length - HEADER_BYTES;
  const isSame = isFrame && sha256Of(packed) === expected.toHex();
  if (!isSame) throw damaged(key, { offset, why: "its index of symbols is not what was written" });
  try {
    const plain = zstdDecompressSync(packed, { maxOutputLength: INDEX_PLAIN_BYTES_MAX });
    return indexOf(JSON.parse(new TextDecoder().decode(plain)));
  } catch (error) {
    throw damaged(key, { offset, why: `its index of symbols is none (${messageOf(error)})` });
  }
}

const EMPTY_FRAME = skippableFrame(new Uint8Array(0));

function jsonOf({ frames, symbols }: SealedIndex): IndexJson {
  let lastUs = 0;
  return {
    format: "ssmd-index/1",
    frames: {
      bytes: frames.map((frame) => frame.bytes),
      count: frames.map((frame) => frame.count),
      from: frames.map(({ fromUs }) => {
        const difference = fromUs - lastUs;
        lastUs = fromUs;
        return difference;
      }),
      span: frames.map((frame) => frame.toUs - frame.fromUs),
      check: frames.map((frame) => frame.check),
    },
    symbols: {
      name: symbols.map(({ symbol }) => symbol),
      frames: symbols.map((symbol) => symbol.frames),
      count: symbols.map((symbol) => symbol.count),
    },
  };
}

function indexOf({ frames, symbols }: IndexJson): SealedIndex {
  let fromUs = 0;
  const all = frames.bytes.map((bytes, i): SealedFrame => {
    fromUs += frames.from[i] ?? 0;
    const toUs = fromUs + (frames.span[i] ?? 0);
    return { bytes, count: frames.count[i] ?? 0, fromUs, toUs, check: frames.check[i] ?? "" };
  });
  return { frames: all, symbols: symbolsOf(symbols, all) };
}

/** Where symbols begin follows from how many records and frames those before them have. */
function symbolsOf(columns: IndexJson["symbols"], frames: readonly SealedFrame[]): SealedSymbol[] {
  let frame = 0;
  let skip = 0;
  return columns.name.map((symbol, i) => {
    const count = columns.count[i] ?? 0;
    const own = columns.frames[i] ?? 1;
    const place = { symbol, frame, frames: own, skip, count };
    skip += count;
    if (own > 1 || skip >= (frames[frame]?.count ?? 0)) {
      frame += own;
      skip = 0;
    }
    return place;
  });
}
