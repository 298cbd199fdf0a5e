import { EVENT_TYPES } from "@ssmd/market";

/** Feeds that a meter tells apart; further ones are counted together. */
const METER_FEEDS_MAX = 64;
const TYPES = EVENT_TYPES.length;
/** Name of what is counted together. */
const OTHER_FEEDS = "_other";

/** Places of feeds in all meters of a gateway, so that counting is one addition. */
export class MeterFeeds {
  #indexes = new Map<string, number>();
  #names: string[] = [];

  /** The place of a feed, for {@linkcode Meter.add}: asked for once a market, not once a message. */
  indexOf(feed: string): number {
    const known = this.#indexes.get(feed);
    if (known !== undefined) return known;
    const place = Math.min(this.#names.length, METER_FEEDS_MAX - 1);
    this.#indexes.set(feed, place);
    if (place === this.#names.length) {
      this.#names.push(place === METER_FEEDS_MAX - 1 ? OTHER_FEEDS : feed);
    }
    return place;
  }

  /** The feed at a place. */
  nameOf(place: number): string {
    return this.#names[place] ?? OTHER_FEEDS;
  }
}

/** Counts the messages delivered to one client, over all its connections. */
export class Meter {
  /** Counts by place of the feed and type; taken and set to 0 by {@linkcode take}. */
  readonly #counts = new Float64Array(METER_FEEDS_MAX * TYPES);

  /** Counts messages of one type: one addition, called for each message or once for several. */
  add(place: number, type: number, messages: number): void {
    const at = place * TYPES + type;
    this.#counts[at] = (this.#counts[at] ?? 0) + messages;
  }

  /** What was counted since the last call, by place and type; `each` is told what is not 0. */
  take(each: (place: number, type: number, messages: number) => void): void {
    for (let at = 0; at < this.#counts.length; at++) {
      const messages = this.#counts[at] ?? 0;
      if (messages === 0) continue;
      this.#counts[at] = 0;
      each(Math.floor(at / TYPES), at % TYPES, messages);
    }
  }
}
