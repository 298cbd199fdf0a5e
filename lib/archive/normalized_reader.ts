import { ArchiveError, messageOf, SsmdError } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { decode, messagesIn } from "@ssmd/codec";
import type { Storage } from "@ssmd/storage";
import type { Lineage } from "./lineage.ts";
import {
  damaged,
  decompressFrame,
  framesOf,
  skippableContent,
  type ZstdDamage,
} from "./zstd_frames.ts";

/** A normalized file that is being read. */
export interface NormalizedContent {
  /** Where the file comes from. */
  lineage: Lineage;
  /** The records in arrival order; throws as {@linkcode openNormalized} where the damage is. */
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
  const lineage = lineageOf(skippableContent(file, front), key);
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
    if (count === lineage.count) return;
    const why = `its lineage names ${lineage.count} records, it holds ${count}`;
    throw damaged(key, { offset: file.length, why });
  }
  return {
    lineage,
    messages: { [Symbol.iterator]: () => messages()[Symbol.iterator]() },
    records: { [Symbol.iterator]: () => records(messages(), lineage, key)[Symbol.iterator]() },
  };
}

function* records(
  messages: Iterable<Uint8Array>,
  lineage: Lineage,
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

function lineageOf(bytes: Uint8Array, key: string): Lineage {
  const damage: ZstdDamage = { offset: 8, why: "its lineage is no JSON of a normalized file" };
  let lineage: Partial<Lineage> | null;
  try {
    lineage = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw damaged(key, damage);
  }
  const type: EventType | undefined = lineage?.schema?.type;
  const whole = lineage?.format === "ssmd-normalized/1" && type !== undefined &&
    EVENT_TYPES.includes(type) && Number.isSafeInteger(lineage.count) &&
    typeof lineage.runs === "object";
  if (!whole) throw damaged(key, damage);
  return lineage as Lineage;
}
