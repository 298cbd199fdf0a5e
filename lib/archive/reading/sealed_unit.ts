import type { MarketEvent } from "@ssmd/market";
import { messageEndAt } from "@ssmd/codec";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { ManifestFile } from "../manifest.ts";
import { frameCheck, type SealedFrame } from "../sealed_index.ts";
import { lineageFrame, lineageIn } from "../lineage_frame.ts";
import { usOfNsText } from "../raw_line.ts";
import type { SealedDay } from "../sealed_reader.ts";
import { damaged, decompressFrame } from "../zstd_frames.ts";
import {
  type Block,
  type BlockPlace,
  type Cursor,
  type Damage,
  type Opened,
  opened,
  recordsOf,
  unreadable,
} from "./block.ts";
import type { RecordFilter } from "./record_filter.ts";
import { compareBytes } from "./record_order.ts";
import type { Unit } from "./unit.ts";

/** Longest range that is fetched at once. */
const RANGE_BYTES_MAX = 8 * 1024 * 1024;
/** Unwanted bytes that are fetched along rather than to make two requests. */
const HOLE_BYTES_MAX = 64 * 1024;

/** What the frames of a sealed day are read with. */
export interface SealedUnitOptions {
  storage: Storage;
  day: SealedDay;
  file: ManifestFile;
  filter: RecordFilter;
  /** Frames that are wanted, from {@linkcode wantedFrames}. */
  frames: readonly WantedFrame[];
  /** Bytes of one range, unless a frame is longer. */
  rangeBytesMax: number;
}

/** A frame with records that are wanted. */
export interface WantedFrame extends SealedFrame {
  /** In the file. */
  number: number;
  /** Records in the frames before it. */
  recordsBefore: number;
  /** Whether all its records are of one market, in the order of reading. */
  isOrdered: boolean;
}

/** The frames of a sealed day that have records of these symbols and of this span. */
export function wantedFrames(
  { index }: SealedDay,
  { symbols, fromUs, toUs }: { symbols?: ReadonlySet<string>; fromUs: number; toUs: number },
): WantedFrame[] {
  const sharers = new Uint32Array(index.frames.length);
  const wanted = new Uint8Array(index.frames.length);
  for (const { symbol, frame, frames } of index.symbols) {
    for (let number = frame; number < frame + frames; number++) {
      sharers[number] = (sharers[number] ?? 0) + 1;
      if (symbols === undefined || symbols.has(symbol)) wanted[number] = 1;
    }
  }
  let recordsBefore = 0;
  const found: WantedFrame[] = [];
  index.frames.forEach((frame, number) => {
    const isWithin = frame.toUs >= fromUs && frame.fromUs < toUs;
    if (wanted[number] === 1 && isWithin) {
      found.push({ ...frame, number, recordsBefore, isOrdered: sharers[number] === 1 });
    }
    recordsBefore += frame.count;
  });
  return found;
}

/**
 * How long a range may be, so that those of all markets, which are read side by side, take no more
 * than `bytesMax`.
 */
export function rangeBytesFor(frames: readonly WantedFrame[], bytesMax: number): number {
  let bytes = 0;
  let chains = 1;
  let last: WantedFrame | undefined;
  for (const frame of frames) {
    bytes += frame.bytes;
    // A frame that is earlier than the one before it begins another market.
    if (last !== undefined && frame.fromUs < last.toUs) chains++;
    last = frame;
  }
  return bytes <= bytesMax ? RANGE_BYTES_MAX : Math.min(RANGE_BYTES_MAX, bytesMax / chains);
}

/** Frames of a sealed day in ranges of bytes that lie together. */
export function sealedUnits(options: SealedUnitOptions): Unit[] {
  const { day, frames, rangeBytesMax } = options;
  const units: Unit[] = [];
  for (let first = 0; first < frames.length;) {
    const start = day.offsets[frames[first]?.number ?? 0] ?? 0;
    let end = endOf(day, frames[first]);
    let last = first + 1;
    for (; last < frames.length; last++) {
      const next = day.offsets[frames[last]?.number ?? 0] ?? 0;
      const nextEnd = endOf(day, frames[last]);
      if (next - end > HOLE_BYTES_MAX || nextEnd - start > rangeBytesMax) break;
      end = nextEnd;
    }
    units.push(rangeUnit(options, frames.slice(first, last), start, end));
    first = last;
  }
  return units;
}

function endOf(day: SealedDay, frame: WantedFrame | undefined): number {
  return day.offsets[(frame?.number ?? 0) + 1] ?? 0;
}

/**
 * What a sealed day has before its first frame: fetched where all of the day is wanted, so that no
 * changed byte of an object that is read as a whole goes unseen. Without records.
 */
export function frontUnit({ storage, day, file }: SealedUnitOptions): Unit {
  const { key, sha256 } = file;
  const atUs = usOfNsText(file.from);
  return {
    ...{ fromUs: atUs, toUs: atUs, bytes: day.dataStart, key, sha256, count: 0 },
    fetch: async () => {
      const error = frontDamage(await storage.getRange(key, 0, day.dataStart), day);
      if (error === undefined) return [];
      const damage = { error, key, atUs, toUs: atUs, missed: 0 };
      return [{ fromUs: atUs, open: () => ({ damage }) }];
    },
  };
}

function frontDamage(front: Uint8Array, { key, dataStart }: SealedDay): ArchiveError | undefined {
  try {
    const lineage = lineageIn(front, { kind: "skippable", start: 0, end: dataStart }, key);
    if (compareBytes(lineageFrame(lineage), front) === 0) return undefined;
    return damaged(key, { offset: 0, why: "its lineage is not what was written" });
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    throw error;
  }
}

function rangeUnit(
  { storage, day, file, filter }: SealedUnitOptions,
  frames: readonly WantedFrame[],
  start: number,
  end: number,
): Unit {
  const { key } = file;
  return {
    fromUs: frames.reduce((least, { fromUs }) => Math.min(least, fromUs), Infinity),
    toUs: frames.reduce((most, { toUs }) => Math.max(most, toUs), 0),
    bytes: end - start,
    key,
    sha256: file.sha256,
    count: frames.reduce((sum, { count }) => sum + count, 0),
    fetch: async () => {
      const range = await storage.getRange(key, start, end);
      return frames.map((frame) => {
        const offset = day.offsets[frame.number] ?? 0;
        const bytes = range.subarray(offset - start, endOf(day, frame) - start);
        const { type } = day;
        const place = { type, filter, key, offset, recordsBefore: frame.recordsBefore };
        return new SealedBlock(bytes, frame, place);
      });
    },
  };
}

class SealedBlock implements Block {
  readonly fromUs: number;
  #bytes: Uint8Array;
  #frame: WantedFrame;
  #place: BlockPlace;

  constructor(bytes: Uint8Array, frame: WantedFrame, place: BlockPlace) {
    this.fromUs = frame.fromUs;
    this.#bytes = bytes;
    this.#frame = frame;
    this.#place = place;
  }

  open(): Opened {
    const { key } = this.#place;
    const { fromUs: atUs, toUs, count } = this.#frame;
    const plain = this.#plain();
    if (plain instanceof ArchiveError) {
      return { damage: { error: plain, key, atUs, toUs, missed: count } };
    }
    if (!this.#frame.isOrdered) return opened(recordsOf(plain, this.#place), { key, atUs, toUs });
    const cursor = new MessageCursor(plain, this.#place, { key, atUs, toUs });
    if (cursor.advance()) return { cursor };
    return cursor.damage === undefined ? {} : { damage: cursor.damage };
  }

  #plain(): Uint8Array | ArchiveError {
    const { number, bytes, check } = this.#frame;
    const { key, offset } = this.#place;
    if (this.#bytes.length < bytes) {
      const why = `the file ends ${
        bytes - this.#bytes.length
      } bytes before its frame ${number} does`;
      return damaged(key, { offset: offset + this.#bytes.length, why });
    }
    if (frameCheck(this.#bytes) !== check) {
      return damaged(key, { offset, why: `its frame ${number} is not the one its index names` });
    }
    try {
      return decompressFrame(this.#bytes, { kind: "data", start: 0, end: bytes }, key);
    } catch (error) {
      if (error instanceof ArchiveError) return error;
      throw error;
    }
  }
}

/**
 * Records made one by one when their time has come: of a day's hundreds of markets a frame each is
 * open at the same time.
 */
class MessageCursor implements Cursor {
  record!: MarketEvent;
  damage: Damage | undefined;
  #plain: Uint8Array;
  #place: BlockPlace;
  #span: Pick<Damage, "key" | "atUs" | "toUs">;
  #at = 0;
  #count = 0;

  /** At hand is nothing before the first `advance`. */
  constructor(
    plain: Uint8Array,
    place: BlockPlace,
    span: Pick<Damage, "key" | "atUs" | "toUs">,
  ) {
    this.#plain = plain;
    this.#place = place;
    this.#span = span;
  }

  advance(): boolean {
    const plain = this.#plain;
    const { type, filter } = this.#place;
    try {
      while (this.#at < plain.length) {
        const end = messageEndAt(plain, this.#at);
        const record = filter.wanted(type, plain, this.#at, end);
        this.#at = end;
        this.#count++;
        if (record === undefined) continue;
        this.record = record;
        this.#span.atUs = record.receivedAtUs + 1;
        return true;
      }
    } catch (error) {
      const found = unreadable(this.#place, this.#count + 1, error);
      this.damage = { error: found, ...this.#span, missed: null };
    }
    return false;
  }
}
