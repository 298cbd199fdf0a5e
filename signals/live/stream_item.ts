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

  /** What a message is; undefined = nothing for signals. Throws CodecError for an unreadable watermark. */
  of({ subject, payload, streamSequence: sequence }: InMessage): StreamItem | undefined {
    const { feed, type } = this.#kinds.get(subject) ?? this.#kindOf(subject);
    if (type === "fire") return undefined;
    if (type !== "watermark") return { sequence, feed, type, payload };
    return { sequence, feed, type, watermark: decodeWatermark(payload) };
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
