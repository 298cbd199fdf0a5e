import { STREAM_TYPES } from "@ssmd/market";

/** Maximum number of feeds counted separately by a meter; further ones share a counter. */
const METER_FEEDS_MAX = 64;
const TYPES = STREAM_TYPES.length;
/** Name of the shared counter. */
const OTHER_FEEDS = "_other";

/** Feed indexes shared by all meters of a gateway, so that counting is one addition. */
export class MeterFeeds {
  #indexes = new Map<string, number>();
  #names: string[] = [];

  /** Returns a feed's index for {@linkcode Meter.add}; look it up per market, not per message. */
  indexOf(feed: string): number {
    const known = this.#indexes.get(feed);
    if (known !== undefined) return known;
    const feedIndex = Math.min(this.#names.length, METER_FEEDS_MAX - 1);
    this.#indexes.set(feed, feedIndex);
    if (feedIndex === this.#names.length) {
      this.#names.push(feedIndex === METER_FEEDS_MAX - 1 ? OTHER_FEEDS : feed);
    }
    return feedIndex;
  }

  /** Returns the feed of an index. */
  nameOf(feedIndex: number): string {
    return this.#names[feedIndex] ?? OTHER_FEEDS;
  }
}

/** Counts the messages delivered to one client, over all its connections. */
export class Meter {
  /** Counts by feed index and type; reset by {@linkcode take}. */
  readonly #counts = new Float64Array(METER_FEEDS_MAX * TYPES);

  /** Counts messages of one type with one addition. */
  add(feedIndex: number, type: number, messages: number): void {
    const at = feedIndex * TYPES + type;
    this.#counts[at] = (this.#counts[at] ?? 0) + messages;
  }

  /** Passes the nonzero counts since the last call to `each`, by feed index and type. */
  take(each: (feedIndex: number, type: number, messages: number) => void): void {
    for (let at = 0; at < this.#counts.length; at++) {
      const messages = this.#counts[at] ?? 0;
      if (messages === 0) continue;
      this.#counts[at] = 0;
      each(Math.floor(at / TYPES), at % TYPES, messages);
    }
  }
}
