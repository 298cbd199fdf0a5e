import { decodeWatermark } from "@ssmd/codec";
import { type EventType, typeOfSubject, unescapeToken, type Watermark } from "@ssmd/market";
import type { InMessage } from "@ssmd/transport";

/** A record, as its own bytes, or a watermark. */
export type StreamItem =
  & {
    /** Place in the bus's stream; 0 = it comes from the archive. */
    sequence: number;
    /** The feed's id. */
    feed: string;
  }
  & ({ type: EventType; payload: Uint8Array } | { type: "watermark"; watermark: Watermark });

/** What the messages of a subject are. */
type Kind = { feed: string; type: StreamItem["type"] };

const SUBJECTS_MAX = 500_000;
const NOTHING: Kind = { feed: "", type: "fire" };

/** Tells what messages are, by their subjects. */
export class StreamItems {
  #kinds = new Map<string, Kind>();
  /** By feed and shard: the newest watermark, µs. */
  #byShard = new Map<string, Map<string, number>>();

  /** What a message is; undefined = nothing for signals. Throws CodecError for an unreadable watermark. */
  of({ subject, payload, streamSequence: sequence }: InMessage): StreamItem | undefined {
    const { feed, type } = this.#kinds.get(subject) ?? this.#kindOf(subject);
    if (type === "fire") return undefined;
    if (type !== "watermark") return { sequence, feed, type, payload };
    const watermark = this.#joined(decodeWatermark(payload));
    return watermark && { sequence, feed, type, watermark };
  }

  /** Of a feed in shards it is true up to the least of theirs; undefined = not of all of them is one known. */
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

/** Bytes that an item takes while it waits. */
export function bytesOf(item: StreamItem): number {
  return item.type === "watermark" ? 64 : item.payload.length + 64;
}
