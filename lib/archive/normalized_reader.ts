import { ArchiveError, messageOf, SsmdError } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import { decode, messagesIn } from "@ssmd/codec";
import type { Storage } from "@ssmd/storage";
import type { Lineage, SealedLineage } from "./lineage.ts";
import { lineageIn } from "./lineage_frame.ts";
import { type NamedObject, streamFrames } from "./frame_stream.ts";
import { corruptionError, decompressFrame, framesOf } from "./zstd_frames.ts";

/** Content of a window file, or of a sealed day in the earlier format. */
interface NormalizedContent {
  /** Origin of the file. */
  lineage: Lineage | SealedLineage;
  /** Records in file order; throws like {@linkcode normalizedOf} at the corruption. */
  records: Iterable<MarketEvent>;
  /** The same records as whole Cap'n Proto messages. */
  messages: Iterable<Uint8Array>;
}

/**
 * Opens the bytes of a window file, or of a sealed day in the earlier format; `key` names it in
 * errors. Throws ArchiveError `ARCHIVE_DAMAGED` with key and offset.
 */
export function normalizedOf(file: Uint8Array, key: string): NormalizedContent {
  const { frames, corruption } = framesOf(file);
  const [front, ...data] = frames;
  if (front?.kind !== "skippable") {
    throw corruptionError(key, corruption ?? { offset: 0, why: "no lineage stands at its front" });
  }
  const lineage = lineageIn(file, front, key);
  function* messages(): Iterable<Uint8Array> {
    let count = 0;
    for (const frame of data) {
      if (frame.kind === "skippable") continue;
      const plain = decompressFrame(file, frame, key);
      for (const message of withOffsets(messagesIn(plain), key, frame.start)) {
        count++;
        yield message;
      }
    }
    if (corruption !== undefined) throw corruptionError(key, corruption);
    if (count !== lineage.count) {
      const why = `its lineage names ${lineage.count} records, it holds ${count}`;
      throw corruptionError(key, { offset: file.length, why });
    }
  }
  return {
    lineage,
    messages: { [Symbol.iterator]: () => messages()[Symbol.iterator]() },
    records: { [Symbol.iterator]: () => records(messages(), lineage, key)[Symbol.iterator]() },
  };
}

/** Lineage and decompressed frames of a normalized file. */
interface NormalizedFrames {
  /** Origin of the file. */
  lineage: Lineage | SealedLineage;
  /** Yields whole messages back to back, one frame at a time; throws at the corruption. */
  frames: AsyncIterable<Uint8Array>;
}

/**
 * Opens a normalized file listed in a manifest, to be read by ranges: at most one range and one
 * frame are in memory, and everything is verified by the end (frames, count, size, SHA-256). Throws
 * ArchiveError `ARCHIVE_DAMAGED`, or StorageError when the object cannot be read.
 */
export async function streamNormalized(
  storage: Pick<Storage, "getRange">,
  object: NamedObject,
): Promise<NormalizedFrames> {
  const { key } = object;
  const stream = streamFrames(storage, object)[Symbol.asyncIterator]();
  const front = await stream.next();
  if (front.done === true || front.value.kind !== "skippable") {
    throw corruptionError(key, { offset: 0, why: "no lineage stands at its front" });
  }
  const { bytes } = front.value;
  const lineage = lineageIn(bytes, { kind: "skippable", start: 0, end: bytes.length }, key);
  async function* frames(): AsyncIterable<Uint8Array> {
    let count = 0;
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      const { kind, offset, bytes } = next.value;
      if (kind === "skippable") continue;
      const frame = { kind, start: 0, end: bytes.length };
      const plain = decompressFrame(bytes, frame, key, offset);
      for (const _ of withOffsets(messagesIn(plain), key, offset)) count++;
      yield plain;
    }
    if (count !== lineage.count) {
      const why = `its lineage names ${lineage.count} records, it holds ${count}`;
      throw corruptionError(key, { offset: object.bytes, why });
    }
  }
  return { lineage, frames: frames() };
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
      throw unreadable(key, `record ${number}`, { context: { record: number }, error });
    }
    yield record;
  }
}

function* withOffsets<T>(items: Iterable<T>, key: string, offset: number): Iterable<T> {
  const iterator = items[Symbol.iterator]();
  for (;;) {
    let next: IteratorResult<T>;
    try {
      next = iterator.next();
    } catch (error) {
      throw unreadable(key, `the frame at byte ${offset}`, { context: { offset }, error });
    }
    if (next.done === true) return;
    yield next.value;
  }
}

function unreadable(
  key: string,
  where: string,
  { context, error }: { context: Record<string, unknown>; error: unknown },
) {
  if (!(error instanceof SsmdError)) return error;
  return new ArchiveError("ARCHIVE_DAMAGED", `${key}, ${where}: ${messageOf(error)}`, {
    hint: "What stands before was read; restore the file from a copy",
    context: { key, ...context },
    cause: error,
  });
}
