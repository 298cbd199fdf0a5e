import { createHash } from "node:crypto";
import { isoOfUs } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import { SCHEMAS } from "@ssmd/codec";
import type { Processing, SealedLineage } from "./lineage.ts";
import { lineageFrame } from "./lineage_frame.ts";
import type { Span } from "./manifest.ts";
import { nsText } from "./raw_line.ts";
import { sha256Of } from "./bytes.ts";
import {
  frameCheck,
  indexFrame,
  type SealedFrame,
  type SealedIndex,
  type SealedSymbol,
} from "./sealed_index.ts";
import { compressFrame } from "./zstd_frames.ts";

/** Uncompressed records of one zstd frame; a longer record has a frame of its own. */
export const SEALED_FRAME_BYTES = 256 * 1024;
/** Where speed and size of sealed days meet, see docs/decisions/0008. */
export const SEALED_LEVEL = 8;

/** How much there is of one symbol. */
export interface SymbolTotal {
  /** Our name of the market. */
  symbol: string;
  /** Records. */
  count: number;
  /** Of the records, uncompressed. */
  bytes: number;
}

/** A record on its way into a sealed day; the object may be used again for the next one. */
export interface SortedRecord {
  /** Our name of the market. */
  symbol: string;
  /** When the frame arrived, µs. */
  receivedAtUs: number;
  /** One Cap'n Proto message. */
  payload: Uint8Array;
}

/** All records of one type and day, in the order of the file. */
export interface SortedDay {
  /** Of all records. */
  type: EventType;
  /** All that have records, in the order of code units. */
  symbols: readonly SymbolTotal[];
  /** receivedAt of the earliest record, µs. */
  fromUs: number;
  /** receivedAt of the latest record, µs. */
  toUs: number;
  /** Sequence numbers of the records. */
  sequence: Span;
  /** By symbol, receivedAt, sequence, bytes. */
  records: () => Iterable<SortedRecord>;
}

/** Where a sealed day belongs and who writes it. */
export interface SealedSource {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** What writes (`archive seal`, `reprocess`). */
  processor: string;
  /** What writes. */
  software: { version: string; commit: string };
  /** Where the records were read. */
  source: string;
  /** Time of writing, µs. */
  nowUs: number;
}

/** A written sealed day. */
export interface SealedFile {
  /** Of the whole file. */
  bytes: number;
  /** Of the whole file, hex. */
  sha256: string;
  /** What stands at its front. */
  lineage: SealedLineage;
  /** Bytes of the last frame. */
  indexBytes: number;
  /** Of the last frame, hex. */
  indexSha256: string;
}

/**
 * The bytes of a sealed day, frame by frame; returns what the manifest has to know. All but the
 * lineage's `processing` depends on the records only, not on how they came.
 */
export function* sealedFileOf(
  sorted: SortedDay,
  source: SealedSource,
  level = SEALED_LEVEL,
): Generator<Uint8Array, SealedFile, void> {
  const hash = createHash("sha256");
  let bytes = 0;
  const passed = (chunk: Uint8Array): Uint8Array => {
    hash.update(chunk);
    bytes += chunk.length;
    return chunk;
  };
  const lineage = lineageOf(sorted, source);
  yield passed(lineageFrame(lineage));
  const index: SealedIndex = { frames: [], symbols: [] };
  for (const frame of framesOf(sorted, index, level)) yield passed(frame);
  const last = indexFrame(index);
  yield passed(last);
  return {
    bytes,
    sha256: hash.digest("hex"),
    lineage,
    indexBytes: last.length,
    indexSha256: sha256Of(last),
  };
}

function lineageOf(sorted: SortedDay, source: SealedSource): SealedLineage {
  const { type, symbols, fromUs, toUs, sequence } = sorted;
  const { version, id, sha256 } = SCHEMAS[type];
  const { env, feed, day, processor, software, nowUs } = source;
  const processing: Processing = {
    processor,
    software,
    writtenAt: isoOfUs(nowUs),
    source: source.source,
  };
  return {
    format: "ssmd-sealed/1",
    schema: { type, version, id, sha256 },
    ...{ env, feed, day },
    count: symbols.reduce((sum, { count }) => sum + count, 0),
    bytes: symbols.reduce((sum, { bytes }) => sum + bytes, 0),
    symbols: symbols.length,
    from: nsText(fromUs),
    to: nsText(toUs),
    sequence,
    processing,
  };
}

/**
 * Data frames of whole messages. A symbol with more than a frame's worth of records has frames of
 * its own; smaller ones share, so that a thousand quiet markets do not make a thousand frames.
 */
function* framesOf(
  { symbols, records }: SortedDay,
  index: SealedIndex,
  level: number,
): Iterable<Uint8Array> {
  const frame = new OpenFrame(level, index);
  const totals = symbols[Symbol.iterator]();
  let name: string | undefined;
  let place: SealedSymbol | undefined;
  for (const record of records()) {
    if (record.symbol !== name) {
      const total = totals.next().value as SymbolTotal;
      name = record.symbol;
      const isFull = frame.used + total.bytes > SEALED_FRAME_BYTES || (place?.frames ?? 1) > 1;
      if (frame.count > 0 && isFull) yield frame.close();
      place = { symbol: name, frame: index.frames.length, frames: 1, skip: frame.count, count: 0 };
      index.symbols.push(place);
    }
    const { payload } = record;
    if (frame.count > 0 && frame.used + payload.length > SEALED_FRAME_BYTES) yield frame.close();
    frame.add(payload, record.receivedAtUs);
    if (place === undefined) continue;
    place.count++;
    place.frames = index.frames.length - place.frame + 1;
  }
  if (frame.count > 0) yield frame.close();
}

/** Records that will be one zstd frame. */
class OpenFrame {
  used = 0;
  count = 0;
  #level: number;
  #index: SealedIndex;
  #block = new Uint8Array(SEALED_FRAME_BYTES);
  #fromUs = Infinity;
  #toUs = 0;

  constructor(level: number, index: SealedIndex) {
    this.#level = level;
    this.#index = index;
  }

  add(payload: Uint8Array, receivedAtUs: number): void {
    const needed = this.used + payload.length;
    if (needed > this.#block.length) this.#grow(needed);
    this.#block.set(payload, this.used);
    this.used = needed;
    this.count++;
    if (receivedAtUs < this.#fromUs) this.#fromUs = receivedAtUs;
    if (receivedAtUs > this.#toUs) this.#toUs = receivedAtUs;
  }

  /** Compresses what is in it, notes it in the index and begins anew. */
  close(): Uint8Array {
    const packed = compressFrame(this.#block.subarray(0, this.used), this.#level);
    const frame: SealedFrame = {
      bytes: packed.length,
      count: this.count,
      fromUs: this.#fromUs,
      toUs: this.#toUs,
      check: frameCheck(packed),
    };
    this.#index.frames.push(frame);
    this.used = this.count = this.#toUs = 0;
    this.#fromUs = Infinity;
    return packed;
  }

  #grow(needed: number): void {
    const block = new Uint8Array(needed);
    block.set(this.#block.subarray(0, this.used));
    this.#block = block;
  }
}
