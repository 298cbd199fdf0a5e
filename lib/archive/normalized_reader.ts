import { ArchiveError, messageOf, SsmdError } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import { decode, messagesIn } from "@ssmd/codec";
import type { Storage } from "@ssmd/storage";
import type { Lineage, SealedLineage } from "./lineage.ts";
import { lineageIn } from "./lineage_frame.ts";
import { type NamedObject, type StreamedFrame, streamFrames } from "./frame_stream.ts";
import { frameCheck, indexFrameBytes, parseIndexFrame } from "./sealed_index.ts";
import { damaged, decompressFrame, framesOf, type ZstdFrame } from "./zstd_frames.ts";

/** A normalized file, a window's or a sealed day's, that is being read. */
export interface NormalizedContent {
  /** Where the file comes from. */
  lineage: Lineage | SealedLineage;
  /** The records in the order of the file; throws as {@linkcode openNormalized} where the damage is. */
  records: Iterable<MarketEvent>;
  /** The same as whole Cap'n Proto messages. */
  messages: Iterable<Uint8Array>;
}

/**
 * Opens a normalized file in storage. Throws ArchiveError `ARCHIVE_DAMAGED` with key and place
 * when its lineage cannot be read (and, later, where a frame or record cannot), StorageError when
 * the object cannot.
 */
export async function openNormalized(storage: Storage, key: string): Promise<NormalizedContent> {
  return normalizedOf(await storage.get(key), key);
}

/** Opens the bytes of a normalized file; `key` names it in errors. Throws as `openNormalized`. */
export function normalizedOf(file: Uint8Array, key: string): NormalizedContent {
  const { frames, damage } = framesOf(file);
  const [front, ...data] = frames;
  if (front?.kind !== "skippable") {
    throw damaged(key, damage ?? { offset: 0, why: "no lineage stands at its front" });
  }
  const lineage = lineageIn(file, front, key);
  function* messages(): Iterable<Uint8Array> {
    let count = 0;
    for (const frame of data) {
      if (frame.kind === "skippable") continue;
      const plain = decompressFrame(file, frame, key);
      for (const message of placed(messagesIn(plain), key, frame.start)) {
        count++;
        yield message;
      }
    }
    if (damage !== undefined) throw damaged(key, damage);
    if (count !== lineage.count) {
      const why = `its lineage names ${lineage.count} records, it holds ${count}`;
      throw damaged(key, { offset: file.length, why });
    }
    if (lineage.format === "ssmd-sealed/1") assertIndexed(file, data, key);
  }
  return {
    lineage,
    messages: { [Symbol.iterator]: () => messages()[Symbol.iterator]() },
    records: { [Symbol.iterator]: () => records(messages(), lineage, key)[Symbol.iterator]() },
  };
}

/** What a normalized file's records are read as. */
export interface NormalizedFrames {
  /** Where the file comes from. */
  lineage: Lineage | SealedLineage;
  /** Whole messages back to back, a frame at a time; throws where the damage is. */
  frames: AsyncIterable<Uint8Array>;
}

/**
 * Opens a normalized file that a manifest names, to be read by ranges: at most a range and a frame
 * of it are in memory, and everything is checked by the end (frames, count, size, SHA-256).
 * Throws ArchiveError `ARCHIVE_DAMAGED`, StorageError when the object cannot be read.
 */
export async function streamNormalized(
  storage: Pick<Storage, "getRange">,
  object: NamedObject,
): Promise<NormalizedFrames> {
  const { key } = object;
  const stream = streamFrames(storage, object)[Symbol.asyncIterator]();
  const front = await stream.next();
  if (front.done === true || front.value.kind !== "skippable") {
    throw damaged(key, { offset: 0, why: "no lineage stands at its front" });
  }
  const { bytes } = front.value;
  const lineage = lineageIn(bytes, { kind: "skippable", start: 0, end: bytes.length }, key);
  async function* frames(): AsyncIterable<Uint8Array> {
    let count = 0;
    const checks: string[] = [];
    let last: StreamedFrame | undefined;
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      const { kind, offset, bytes } = next.value;
      if (kind === "skippable") {
        last = { kind, offset, bytes: bytes.slice() };
        continue;
      }
      if (lineage.format === "ssmd-sealed/1") checks.push(frameCheck(bytes));
      const frame = { kind, start: 0, end: bytes.length };
      const plain = decompressFrame(bytes, frame, key, offset);
      for (const _ of placed(messagesIn(plain), key, offset)) count++;
      yield plain;
    }
    if (count !== lineage.count) {
      const why = `its lineage names ${lineage.count} records, it holds ${count}`;
      throw damaged(key, { offset: object.bytes, why });
    }
    if (lineage.format === "ssmd-sealed/1") assertIndex(last, checks, object);
  }
  return { lineage, frames: frames() };
}

/** The last frame of a sealed day must be an index of the frames before it. */
function assertIndex(
  last: StreamedFrame | undefined,
  checks: readonly string[],
  { key, bytes: size }: NamedObject,
): void {
  const frame = last?.bytes ?? new Uint8Array(0);
  const start = size - indexFrameBytes(frame, size, key);
  const { frames } = parseIndexFrame(frame, start, key);
  const wrong = checks.findIndex((check, i) => check !== frames[i]?.check);
  if (wrong < 0 && checks.length === frames.length) return;
  throw damaged(key, { offset: start, why: `its index does not have its frame ${wrong}` });
}

/** A sealed day ends with an index that has the same frames. */
function assertIndexed(file: Uint8Array, frames: readonly ZstdFrame[], key: string): void {
  const start = file.length - indexFrameBytes(file, file.length, key);
  const index = parseIndexFrame(file.subarray(start), start, key);
  const data = frames.filter((frame) => frame.kind === "data");
  const wrong = data.find((frame, i) =>
    frameCheck(file.subarray(frame.start, frame.end)) !== index.frames[i]?.check
  );
  if (wrong === undefined && data.length === index.frames.length) return;
  const why = "its index of symbols does not have these frames";
  throw damaged(key, { offset: wrong?.start ?? start, why });
}

function* records(
  messages: Iterable<Uint8Array>,
  lineage: Lineage | SealedLineage,
  key: string,
): Iterable<MarketEvent> {
  let number = 0;
  for (const message of messages) {
    number++;
    let record: MarketEvent;
    try {
      record = decode(lineage.schema.type, message);
    } catch (error) {
      throw unreadable(key, `record ${number}`, { record: number }, error);
    }
    yield record;
  }
}

function* placed<T>(items: Iterable<T>, key: string, offset: number): Iterable<T> {
  const iterator = items[Symbol.iterator]();
  for (;;) {
    let next: IteratorResult<T>;
    try {
      next = iterator.next();
    } catch (error) {
      throw unreadable(key, `the frame at byte ${offset}`, { offset }, error);
    }
    if (next.done === true) return;
    yield next.value;
  }
}

function unreadable(key: string, where: string, context: Record<string, unknown>, error: unknown) {
  if (!(error instanceof SsmdError)) return error;
  return new ArchiveError("ARCHIVE_DAMAGED", `${key}, ${where}: ${messageOf(error)}.`, {
    hint: "What stands before was read; restore the file from a copy.",
    context: { key, ...context },
    cause: error,
  });
}
