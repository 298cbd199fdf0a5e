import type { EventType, MarketEvent } from "@ssmd/market";
import { decode, Encoder, messagesIn } from "@ssmd/codec";
import type { Storage } from "@ssmd/storage";
import type { NamedObject } from "./frame_stream.ts";
import type { Lineage, SealedLineage } from "./lineage.ts";
import type { SealedEntry } from "./manifest.ts";
import { streamNormalized } from "./normalized_reader.ts";
import { openSealed, readSealed } from "./sealed_reader.ts";

/** A normalized file (window or sealed day) read by ranges in file order. */
export interface ArchivedFile {
  lineage: Lineage | SealedLineage;
  /** Yields batches. Throws ArchiveError `ARCHIVE_DAMAGED` at the corruption; all is verified by the end. */
  records(): AsyncIterable<Iterable<MarketEvent>>;
  /** Yields the same records as Cap'n Proto messages, each valid until the next batch. */
  messages(): AsyncIterable<Iterable<Uint8Array>>;
}

/**
 * Opens a normalized file; its key's suffix selects the format. Throws ArchiveError
 * `ARCHIVE_DAMAGED`, or StorageError when the object cannot be read.
 */
export async function openArchived(
  storage: Pick<Storage, "getRange">,
  object: NamedObject & { sealed?: SealedEntry | undefined },
): Promise<ArchivedFile> {
  if (object.key.endsWith(".parquet")) {
    const { lineage } = await openSealed(storage, object);
    const records = () => readSealed(storage, object);
    return { lineage, records, messages: () => encoded(records()) };
  }
  const { lineage, frames } = await streamNormalized(storage, object);
  const messages = () => messagesOf(frames);
  return { lineage, messages, records: () => decoded(lineage.schema.type, messages()) };
}

async function* messagesOf(frames: AsyncIterable<Uint8Array>): AsyncIterable<Iterable<Uint8Array>> {
  for await (const plain of frames) yield messagesIn(plain);
}

async function* decoded(type: EventType, batches: AsyncIterable<Iterable<Uint8Array>>) {
  function* recordsIn(batch: Iterable<Uint8Array>): Iterable<MarketEvent> {
    for (const message of batch) yield decode(type, message);
  }
  for await (const batch of batches) yield recordsIn(batch);
}

async function* encoded(batches: AsyncIterable<Iterable<MarketEvent>>) {
  const encoder = new Encoder();
  function* messagesOf(batch: Iterable<MarketEvent>): Iterable<Uint8Array> {
    for (const record of batch) yield encoder.encode(record);
  }
  for await (const batch of batches) yield messagesOf(batch);
}
