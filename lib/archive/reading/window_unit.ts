import type { EventType } from "@ssmd/market";
import { messagesIn, RecordKeyReader } from "@ssmd/codec";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { ManifestFile } from "../manifest.ts";
import { usOfNsText } from "../raw_line.ts";
import { sha256Of } from "../bytes.ts";
import { corruptionError, decompressFrame, framesOf, type ZstdFrame } from "../zstd_frames.ts";
import {
  type Block,
  type BlockOffset,
  type Opened,
  opened,
  type ReadRecords,
  recordsOf,
} from "./block.ts";
import { compareRecords } from "./record_order.ts";
import type { RecordFilter } from "./record_filter.ts";
import type { Unit } from "./unit.ts";

/** Returns a unit for a window file, fetched as a whole. */
export function windowUnit(storage: Storage, file: ManifestFile, filter: RecordFilter): Unit {
  const { key, bytes, sha256, count } = file;
  return {
    ...{ fromUs: usOfNsText(file.from), toUs: usOfNsText(file.to), bytes, key, sha256, count },
    fetch: async () => windowBlocks(await storage.get(key), file, filter),
  };
}

/** Files of up to this many records are decoded as a whole; larger ones frame by frame when due. */
const AT_ONCE_RECORDS = 32 * 1024;

/** Time span and record count of a frame. */
interface FrameSpan {
  fromUs: number;
  toUs: number;
  count: number;
}

/**
 * Splits a window file into blocks. If its bytes do not match the manifest, the intact frames
 * before the corruption are yielded, then the corruption, even if later frames look valid.
 */
function windowBlocks(bytes: Uint8Array, file: ManifestFile, filter: RecordFilter): Block[] {
  const { frames, corruption } = framesOf(bytes);
  const data = frames.filter((frame) => frame.kind === "data");
  const isWhole = bytes.length === file.bytes && sha256Of(bytes) === file.sha256;
  if (isWhole && (data.length === 1 || file.count <= AT_ONCE_RECORDS)) {
    return [
      new WindowBlock(bytes, data, {
        span: spanOfFile(file),
        entry: file,
        filter,
        recordsBefore: 0,
      }),
    ];
  }
  const blocks: Block[] = [];
  let found: ArchiveError | undefined = isWhole ? undefined : mismatch(bytes, file);
  if (corruption !== undefined) found = corruptionError(file.key, corruption);
  let before = 0;
  let lastUs = usOfNsText(file.from) - 1;
  for (const frame of data) {
    const span = spanOf(bytes, frame, file.key);
    if (span instanceof ArchiveError) {
      found = span;
      break;
    }
    blocks.push(
      new WindowBlock(bytes, [frame], { span, entry: file, filter, recordsBefore: before }),
    );
    before += span.count;
    lastUs = Math.max(lastUs, span.toUs);
  }
  if (found !== undefined) {
    blocks.push(corruptBlock(found, file, { atUs: lastUs + 1, read: before }));
  }
  return blocks;
}

function spanOfFile(file: ManifestFile): FrameSpan {
  return { fromUs: usOfNsText(file.from), toUs: usOfNsText(file.to), count: file.count };
}

const keys = new RecordKeyReader();

/** Returns the time span of a frame's readable records, or why the frame is unreadable. */
function spanOf(bytes: Uint8Array, frame: ZstdFrame, key: string): FrameSpan | ArchiveError {
  const span = { fromUs: Infinity, toUs: 0, count: 0 };
  try {
    for (const message of messagesIn(decompressFrame(bytes, frame, key))) {
      keys.read(message);
      span.fromUs = Math.min(span.fromUs, keys.receivedAtUs);
      span.toUs = Math.max(span.toUs, keys.receivedAtUs);
      span.count++;
    }
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    // `open` reports an unreadable record, with its number.
    span.fromUs = Math.min(span.fromUs, 0);
  }
  return span;
}

class WindowBlock implements Block {
  readonly fromUs: number;
  #file: Uint8Array;
  #frames: readonly ZstdFrame[];
  #span: FrameSpan;
  #entry: ManifestFile;
  #filter: RecordFilter;
  #recordsBefore: number;

  constructor(
    file: Uint8Array,
    frames: readonly ZstdFrame[],
    { span, entry, filter, recordsBefore }: {
      span: FrameSpan;
      entry: ManifestFile;
      filter: RecordFilter;
      recordsBefore: number;
    },
  ) {
    this.fromUs = span.fromUs;
    this.#file = file;
    this.#frames = frames;
    this.#span = span;
    this.#entry = entry;
    this.#filter = filter;
    this.#recordsBefore = recordsBefore;
  }

  open(): Opened {
    const { key, to } = this.#entry;
    const span = { key, atUs: this.fromUs, toUs: usOfNsText(to) };
    const all: ReadRecords = { records: [], count: 0 };
    for (const frame of this.#frames) {
      const plain = decompressed(this.#file, frame, key);
      if (plain instanceof ArchiveError) {
        all.error = plain;
        all.missed = this.#span.count - all.count;
        break;
      }
      const read = recordsOf(plain, this.#offsetOf(frame, all.count));
      append(all, read);
      if (read.error !== undefined) break;
    }
    return opened(all, span);
  }

  #offsetOf({ start: offset }: ZstdFrame, count: number): BlockOffset {
    const type = this.#entry.type as EventType;
    const recordsBefore = this.#recordsBefore + count;
    return { type, filter: this.#filter, key: this.#entry.key, offset, recordsBefore };
  }
}

/** Appends the records of a frame; sorts if they overlap the previous frames. */
function append(all: ReadRecords, { records, count, error }: ReadRecords): void {
  const last = all.records.at(-1);
  const [first] = records;
  for (const record of records) all.records.push(record);
  all.count += count;
  if (error !== undefined) all.error = error;
  if (last !== undefined && first !== undefined && compareRecords(last, first) > 0) {
    all.records.sort(compareRecords);
  }
}

function decompressed(file: Uint8Array, frame: ZstdFrame, key: string): Uint8Array | ArchiveError {
  try {
    return decompressFrame(file, frame, key);
  } catch (error) {
    if (error instanceof ArchiveError) return error;
    throw error;
  }
}

function corruptBlock(
  error: ArchiveError,
  file: ManifestFile,
  { atUs, read }: { atUs: number; read: number },
): Block {
  const missed = Math.max(0, file.count - read);
  const corruption = { error, key: file.key, atUs, toUs: usOfNsText(file.to), missed };
  return { fromUs: atUs, open: () => ({ corruption }) };
}

function mismatch(bytes: Uint8Array, { key, bytes: length }: ManifestFile): ArchiveError {
  const why = bytes.length === length
    ? "it does not have the SHA-256 that its manifest names"
    : `it has ${bytes.length} bytes, its manifest names ${length}`;
  return new ArchiveError("ARCHIVE_DAMAGED", `${key} is damaged: ${why}`, {
    hint: "What stands in whole frames was read; restore the file from a copy",
    context: { key, offset: Math.min(bytes.length, length) },
  });
}
