import type { MarketEvent, Watermark } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime/errors";
import { EVENT_TYPES } from "@ssmd/market";

/** Records that may wait for a watermark; past it a feed's connector is away for good. */
const WAITING_MAX = 500_000;

/** More records wait for a feed's watermark than may. */
class MergeOverflow extends SsmdError {}

/**
 * Puts records of several feeds, or of several connections of one, into one order: receivedAt, feed,
 * sequence. A record comes out when every feed said that nothing before it is still to come.
 */
export class WatermarkMerge {
  readonly #watermarks: Map<string, number>;
  #waiting: MarketEvent[] = [];

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
    if (this.#waiting.length >= WAITING_MAX) {
      const late = [...this.#watermarks].toSorted((a, b) => a[1] - b[1])[0]?.[0] ?? "";
      throw new MergeOverflow(
        "SIGNALS_FEED_SILENT",
        `${WAITING_MAX} records wait for the feed "${late}"`,
        { hint: "is its connector running?", context: { feed: late } },
      );
    }
    this.#waiting.push(record);
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
    return complete.sort(compareMerged);
  }
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
