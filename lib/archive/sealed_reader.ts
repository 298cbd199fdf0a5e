import { createHash } from "node:crypto";
import { ArchiveError, StorageError } from "@ssmd/runtime";
import type { EventType, MarketEvent } from "@ssmd/market";
import { decode, messagesIn, RecordKeyReader } from "@ssmd/codec";
import type { Storage } from "@ssmd/storage";
import type { SealedEntry } from "./manifest.ts";
import { parseSealedKey } from "./paths.ts";
import { sha256Of } from "./bytes.ts";
import {
  frameCheck,
  indexFrameBytes,
  parseIndexFrame,
  type SealedFrame,
  type SealedIndex,
  type SealedSymbol,
} from "./sealed_index.ts";
import { damaged, decompressFrame } from "./zstd_frames.ts";

/** Read at once when it is not known how long the index is. */
const GUESS_BYTES = 64 * 1024;
/** Range reads of a whole day. */
const SCAN_BYTES = 2 * 1024 * 1024;
/** Longest range read of a symbol's frames; a symbol with more is read in several. */
const RANGE_BYTES_MAX = 8 * 1024 * 1024;

/** What of a manifest's entry is needed to open a sealed day. */
export interface SealedObject {
  /** In storage. */
  key: string;
  /** Of the whole object. */
  bytes: number;
  /** When the manifest says it. */
  sealed?: SealedEntry | undefined;
}

/** A sealed day that is open for reading. */
export interface SealedDay {
  /** In storage. */
  key: string;
  /** Of its records. */
  type: EventType;
  /** Where the first frame of records begins. */
  dataStart: number;
  /** Where each frame begins, and as the last number where the index does. */
  offsets: Float64Array;
  /** What the file has. */
  index: SealedIndex;
  /** Its symbols by name. */
  symbols: ReadonlyMap<string, SealedSymbol>;
}

/** A part of a symbol's day. */
export interface SealedQuery {
  /** Our name of the market. */
  symbol: string;
  /** receivedAt from here on, µs; default all. */
  fromUs?: number;
  /** receivedAt before this, µs; default all. */
  toUs?: number;
}

/**
 * Reads the index of a sealed day: one range when the manifest's entry is given, else two.
 * Throws ArchiveError `ARCHIVE_DAMAGED` when it is not what was written, StorageError when it
 * cannot be read (`NOT_FOUND`: sealed anew since the manifest was read; read the manifest again).
 */
export async function openSealed(storage: Storage, object: SealedObject): Promise<SealedDay> {
  const { key, bytes, sealed } = object;
  const type = parseSealedKey(key)?.type;
  if (type === undefined) throw damaged(key, { offset: 0, why: "its key is none of a sealed day" });
  const guess = sealed?.indexBytes ?? Math.min(bytes, GUESS_BYTES);
  let end = await rangeOf(storage, object, bytes - guess, bytes);
  const indexBytes = indexFrameBytes(end, bytes, key);
  if (indexBytes > end.length) end = await rangeOf(storage, object, bytes - indexBytes, bytes);
  const frame = end.subarray(end.length - indexBytes);
  if (sealed !== undefined && sha256Of(frame) !== sealed.indexSha256) {
    const why = "its index of symbols does not have the SHA-256 that the manifest names";
    throw damaged(key, { offset: bytes - guess, why });
  }
  return opened(key, type, bytes - indexBytes, parseIndexFrame(frame, bytes - indexBytes, key));
}

function opened(key: string, type: EventType, indexAt: number, index: SealedIndex): SealedDay {
  const offsets = new Float64Array(index.frames.length + 1);
  let at = indexAt;
  offsets[index.frames.length] = at;
  for (let i = index.frames.length - 1; i >= 0; i--) {
    at -= index.frames[i]?.bytes ?? 0;
    offsets[i] = at;
  }
  const symbols = new Map(index.symbols.map((symbol) => [symbol.symbol, symbol]));
  return { key, type, dataStart: at, offsets, index, symbols };
}

async function rangeOf(
  storage: Storage,
  { key, bytes }: { key: string; bytes: number },
  start: number,
  end: number,
): Promise<Uint8Array> {
  const range = await storage.getRange(key, start, end);
  if (range.length === end - start) return range;
  const why = `the file ends ${end - start - range.length} bytes before its ${bytes} bytes do`;
  throw damaged(key, { offset: start + range.length, why });
}

/**
 * The records of one symbol by receivedAt and sequence, frame by frame: one range of storage up to
 * 8 MiB, more for more. Each frame that is read is held against the index; damage elsewhere in the
 * object is not noticed. Throws as {@linkcode openSealed} where the damage is, behind what is whole.
 */
export async function* readSealedSymbol(
  storage: Storage,
  day: SealedDay,
  query: SealedQuery,
): AsyncIterable<MarketEvent[]> {
  const { symbol, fromUs = 0, toUs = Infinity } = query;
  const place = day.symbols.get(symbol);
  if (place === undefined) return;
  for await (const { number, plain } of framesWithin(storage, day, place, fromUs, toUs)) {
    const skip = number === place.frame ? place.skip : 0;
    const isShared = place.frames === 1;
    const records: MarketEvent[] = [];
    let position = 0;
    for (const message of messagesIn(plain)) {
      const i = position++ - skip;
      if (i < 0 || (isShared && i >= place.count)) continue;
      const record = decode(day.type, message);
      if (record.symbol !== symbol) throw strange(day, number, symbol, record.symbol);
      if (record.receivedAtUs >= fromUs && record.receivedAtUs < toUs) records.push(record);
    }
    if (records.length > 0) yield records;
  }
}

/** The symbol's frames that have records of a span, checked and decompressed. */
async function* framesWithin(
  storage: Storage,
  day: SealedDay,
  { frame, frames }: SealedSymbol,
  fromUs: number,
  toUs: number,
): AsyncIterable<{ number: number; plain: Uint8Array }> {
  const all = day.index.frames;
  const isWanted = (each: SealedFrame | undefined) =>
    each !== undefined && each.toUs >= fromUs && each.fromUs < toUs;
  let first = frame;
  let end = frame + frames;
  while (first < end && !isWanted(all[first])) first++;
  while (end > first && !isWanted(all[end - 1])) end--;
  while (first < end) {
    let last = first + 1;
    const start = day.offsets[first] ?? 0;
    while (last < end && (day.offsets[last + 1] ?? 0) - start <= RANGE_BYTES_MAX) last++;
    const object = { key: day.key, bytes: day.offsets[last] ?? 0 };
    const range = await rangeOf(storage, object, start, object.bytes);
    for (let number = first; number < last; number++) {
      yield { number, plain: checkedFrame(day, number, range, start) };
    }
    first = last;
  }
}

/** Decompresses a frame of a range that begins at `start`, when it is the one that the index names. */
function checkedFrame(
  day: SealedDay,
  number: number,
  range: Uint8Array,
  start: number,
): Uint8Array {
  const { key, offsets, index } = day;
  const offset = offsets[number] ?? 0;
  const frame = range.subarray(offset - start, (offsets[number + 1] ?? 0) - start);
  if (frameCheck(frame) !== index.frames[number]?.check) {
    throw damaged(key, { offset, why: `its frame ${number} is not the one that its index names` });
  }
  return decompressFrame(frame, { kind: "data", start: 0, end: frame.length }, key, offset);
}

function strange(day: SealedDay, frame: number, symbol: string, found: string): ArchiveError {
  const why = `a record of ${found} stands among those of ${symbol}`;
  return damaged(day.key, { offset: day.offsets[frame] ?? 0, why });
}

/** What is told of each frame that was found whole. */
export interface SealedFrameContent {
  /** Offset of the frame. */
  offset: number;
  /** Its messages, back to back. */
  plain: Uint8Array;
}

/**
 * All records of a sealed day in the order of the file, a frame at a time; on the way everything is
 * recounted: each frame against the index, symbols and their counts, the order of records, and when
 * `sha256` is given the whole object. Throws as {@linkcode openSealed}, behind what is whole.
 */
export async function* readSealed(
  storage: Storage,
  object: SealedObject & { sha256?: string },
): AsyncIterable<SealedFrameContent> {
  const day = await openSealed(storage, object);
  const order = new OrderCheck(day);
  const whole = createHash("sha256");
  const { frames } = day.index;
  whole.update(await rangeOf(storage, object, 0, day.dataStart));
  for (let first = 0; first < frames.length;) {
    let last = first + 1;
    const start = day.offsets[first] ?? 0;
    while (last < frames.length && (day.offsets[last + 1] ?? 0) - start <= SCAN_BYTES) last++;
    const range = await rangeOf(storage, object, start, day.offsets[last] ?? 0);
    whole.update(range);
    for (let number = first; number < last; number++) {
      const plain = checkedFrame(day, number, range, start);
      order.check(number, plain);
      yield { offset: day.offsets[number] ?? 0, plain };
    }
    first = last;
  }
  order.end();
  whole.update(await rangeOf(storage, object, day.offsets[frames.length] ?? 0, object.bytes));
  if (object.sha256 === undefined || whole.digest("hex") === object.sha256) return;
  throw damaged(object.key, { offset: 0, why: "it does not have the SHA-256 its manifest names" });
}

/** Holds records against the index as they come: order, symbols, counts, times. */
class OrderCheck {
  #day: SealedDay;
  #keys = new RecordKeyReader();
  #symbol = -1;
  #left = 0;
  #lastUs = 0;
  #lastSequence = 0;

  constructor(day: SealedDay) {
    this.#day = day;
  }

  check(number: number, plain: Uint8Array): void {
    const keys = this.#keys;
    const frame = this.#day.index.frames[number];
    let count = 0;
    let fromUs = Infinity;
    let toUs = 0;
    for (const message of messagesIn(plain)) {
      keys.read(message);
      count++;
      if (keys.receivedAtUs < fromUs) fromUs = keys.receivedAtUs;
      if (keys.receivedAtUs > toUs) toUs = keys.receivedAtUs;
      if (!this.#follows()) throw this.#wrong(number, `its record ${count} is out of order`);
    }
    const isSame = frame?.count === count && frame.fromUs === fromUs && frame.toUs === toUs;
    if (!isSame) throw this.#wrong(number, "its records are not those its index counts");
  }

  end(): void {
    const { index, offsets } = this.#day;
    if (this.#left === 0 && this.#symbol === index.symbols.length - 1) return;
    const offset = offsets[index.frames.length] ?? 0;
    throw damaged(this.#day.key, { offset, why: "it has fewer records than its index counts" });
  }

  #follows(): boolean {
    const { symbol, receivedAtUs, sequence } = this.#keys;
    const isNext = this.#left === 0;
    if (isNext) {
      const before = this.#day.index.symbols[this.#symbol]?.symbol;
      this.#left = this.#day.index.symbols[++this.#symbol]?.count ?? 0;
      if (before !== undefined && before >= symbol) return false;
    }
    this.#left--;
    const isOrdered = isNext || receivedAtUs > this.#lastUs ||
      receivedAtUs === this.#lastUs && sequence >= this.#lastSequence;
    this.#lastUs = receivedAtUs;
    this.#lastSequence = sequence;
    return isOrdered && this.#day.index.symbols[this.#symbol]?.symbol === symbol;
  }

  #wrong(number: number, why: string): ArchiveError {
    return damaged(this.#day.key, { offset: this.#day.offsets[number] ?? 0, why });
  }
}

/** Whether a reader should read the manifest again: an object that it named is there no more. */
export function isGone(error: unknown): boolean {
  return error instanceof StorageError && error.code === "NOT_FOUND";
}
