import { decodeWatermark } from "@ssmd/codec";
import { type EventType, typeOfSubject, unescapeToken, type Watermark } from "@ssmd/market";
import type { InMessage } from "@ssmd/transport";
import type { BatchWriter } from "../host/frames.ts";

/** An encoded record or a watermark. */
export type StreamItem =
  & {
    /** Stream sequence; 0 when read from the archive. */
    sequence: number;
    /** Feed id. */
    feed: string;
  }
  & ({ type: EventType; payload: Uint8Array } | { type: "watermark"; watermark: Watermark });

/** Feed and type of a subject's messages. */
type Kind = { feed: string; type: StreamItem["type"] };

const SUBJECTS_MAX = 500_000;
const NOTHING: Kind = { feed: "", type: "fire" };

/** Converts messages to items by their subjects. */
export class StreamItems {
  #kinds = new Map<string, Kind>();
  /** Newest watermark by feed and connector shard, µs. */
  #byShard = new Map<string, Map<string, number>>();

  /** Converts a message; undefined when not for signals. Throws CodecError for a bad watermark. */
  of({ subject, payload, streamSequence: sequence }: InMessage): StreamItem | undefined {
    const { feed, type } = this.#kinds.get(subject) ?? this.#kindOf(subject);
    if (type === "fire") return undefined;
    if (type !== "watermark") return { sequence, feed, type, payload };
    const watermark = this.#joined(decodeWatermark(payload));
    return watermark && { sequence, feed, type, watermark };
  }

  /** Joins a sharded feed's watermarks to their minimum; undefined until all shards sent one. */
  #joined({ feed, timeUs, shard }: Watermark): Watermark | undefined {
    if (shard === undefined) return { feed, timeUs };
    let byShard = this.#byShard.get(feed);
    if (byShard === undefined) this.#byShard.set(feed, byShard = new Map());
    byShard.set(shard.name, timeUs);
    const times = shard.all.map((name) => byShard.get(name) ?? 0);
    const leastUs = Math.min(...times);
    return leastUs === 0 ? undefined : { feed, timeUs: leastUs };
  }

  #kindOf(subject: string): Kind {
    const [, feed = "", word] = subject.split(".");
    const type = word === "watermark" ? word : typeOfSubject(subject);
    const kind: Kind = type === undefined ? NOTHING : { feed: unescapeToken(feed), type };
    if (this.#kinds.size >= SUBJECTS_MAX) this.#kinds.clear();
    this.#kinds.set(subject, kind);
    return kind;
  }
}

/** Adds items to a batch for hosts. */
export function addItems(batch: BatchWriter, items: readonly StreamItem[]): void {
  for (const item of items) {
    if (item.type === "watermark") batch.addWatermark(item.watermark);
    else batch.addRecord(item.type, item.payload);
  }
}

/** Returns the memory charged for a waiting item, bytes. */
export function bytesOf(item: StreamItem): number {
  return item.type === "watermark" ? 64 : item.payload.length + 64;
}
