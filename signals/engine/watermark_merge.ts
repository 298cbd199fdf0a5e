import type { MarketEvent, Watermark } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime/errors";
import { EVENT_TYPES } from "@ssmd/market";

/**
 * Approximate limit of records that wait for a watermark, bytes; beyond it the feed's connector
 * counts as lost. A host must still be able to write them all into a snapshot.
 */
const WAITING_BYTES_MAX = 32e6;
const RECORD_BYTES = 200;
const LEVEL_BYTES = 16;

/** Too many records wait for a feed's watermark. */
class MergeOverflow extends SsmdError {}

/**
 * Merges records of several feeds or connections, ordered by receivedAt, feed, sequence. Releases a
 * record once every feed's watermark has passed it.
 */
export class WatermarkMerge {
  readonly #watermarks: Map<string, number>;
  #waiting: MarketEvent[] = [];
  #bytes = 0;

  /** Creates a merge that waits for all of `feeds`. */
  constructor(feeds: Iterable<string>) {
    this.#watermarks = new Map([...feeds].map((feed) => [feed, -Infinity]));
  }

  /** Time before which all records have arrived, µs; -Infinity until every feed has a watermark. */
  get completeUs(): number {
    return Math.min(...this.#watermarks.values());
  }

  /** Waiting records in arrival order. */
  get waiting(): readonly MarketEvent[] {
    return this.#waiting;
  }

  /** Watermarks by feed, µs. */
  get watermarks(): ReadonlyMap<string, number> {
    return this.#watermarks;
  }

  /** Adds a record of one of the feeds. Throws MergeOverflow when too many wait. */
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

  /** Applies a watermark and returns the newly complete records in order. */
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

/** Compares records of several feeds; within one feed this is archive order. */
export function compareMerged(a: MarketEvent, b: MarketEvent): number {
  return a.receivedAtUs - b.receivedAtUs || compareTexts(a.feed, b.feed) ||
    a.sequence - b.sequence || compareTexts(a.symbol, b.symbol) ||
    EVENT_TYPES.indexOf(a.type) - EVENT_TYPES.indexOf(b.type);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
