import type { MarketEvent, Watermark } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime/errors";
import { EVENT_TYPES } from "@ssmd/market";

/**
 * Bytes, about, of records that may wait for a watermark; past it a feed's connector is away for good.
 * A host must still be able to write all of them into a snapshot.
 */
const WAITING_BYTES_MAX = 32e6;
const RECORD_BYTES = 200;
const LEVEL_BYTES = 16;

/** More records wait for a feed's watermark than may. */
class MergeOverflow extends SsmdError {}

/**
 * Puts records of several feeds, or of several connections of one, into one order: receivedAt, feed,
 * sequence. A record comes out when every feed said that nothing before it is still to come.
 */
export class WatermarkMerge {
  readonly #watermarks: Map<string, number>;
  #waiting: MarketEvent[] = [];
  #bytes = 0;

  /** Waits for all of `feeds`. */
  constructor(feeds: Iterable<string>) {
    this.#watermarks = new Map([...feeds].map((feed) => [feed, -Infinity]));
  }

  /** Everything before this moment came, µs; -Infinity = a feed has said nothing yet. */
  get completeUs(): number {
    return Math.min(...this.#watermarks.values());
  }

  /** Records that wait, in the order in which they came. */
  get waiting(): readonly MarketEvent[] {
    return this.#waiting;
  }

  /** The feeds' watermarks, µs. */
  get watermarks(): ReadonlyMap<string, number> {
    return this.#watermarks;
  }

  /** Takes a record of one of the feeds. Throws MergeOverflow when too many wait. */
  add(record: MarketEvent): void {
    if (this.#bytes >= WAITING_BYTES_MAX) {
      const late = [...this.#watermarks].toSorted((a, b) => a[1] - b[1])[0]?.[0] ?? "";
      throw new MergeOverflow(
        "SIGNALS_FEED_SILENT",
        `${this.#waiting.length} records wait for the feed "${late}"`,
        { hint: "Is its connector running?", context: { feed: late } },
      );
    }
    this.#waiting.push(record);
    this.#bytes += bytesOf(record);
  }

  /** Takes a watermark; gives the records that are complete now, in order. */
  advance({ feed, timeUs }: Watermark): readonly MarketEvent[] {
    const known = this.#watermarks.get(feed);
    if (known === undefined || timeUs <= known) return NONE;
    this.#watermarks.set(feed, timeUs);
    const completeUs = this.completeUs;
    const complete = this.#waiting.filter(({ receivedAtUs }) => receivedAtUs < completeUs);
    if (complete.length === 0) return NONE;
    this.#waiting = this.#waiting.filter(({ receivedAtUs }) => receivedAtUs >= completeUs);
    for (const record of complete) this.#bytes -= bytesOf(record);
    return complete.sort(compareMerged);
  }
}

function bytesOf(record: MarketEvent): number {
  const levels = record.type === "orderbook" ? record.bids.length + record.asks.length : 0;
  return RECORD_BYTES + levels * LEVEL_BYTES;
}

const NONE: readonly MarketEvent[] = [];

/** The order of several feeds; within one it is that of the archive. */
export function compareMerged(a: MarketEvent, b: MarketEvent): number {
  return a.receivedAtUs - b.receivedAtUs || compareTexts(a.feed, b.feed) ||
    a.sequence - b.sequence || compareTexts(a.symbol, b.symbol) ||
    EVENT_TYPES.indexOf(a.type) - EVENT_TYPES.indexOf(b.type);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
