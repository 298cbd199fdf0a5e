import type { EnrichedMarket } from "@ssmd/enrich";
import type { MarketEvent } from "@ssmd/market";

/** Longest wait for the other feed, µs; after it, its last top of book is used. */
const WAIT_US = 5_000_000;

/** Top of book of the same instrument on another feed, valid from a time on; NaN = unknown. */
export interface OtherTop {
  timeUs: number;
  bid: number;
  ask: number;
}

/**
 * A market paired with the same instrument on another feed. Its records wait until everything that
 * the other feed received earlier is known, so that live rows equal those from the archive.
 */
export class CrossedMarket {
  #market: EnrichedMarket;
  #events: MarketEvent[] = [];
  #tops: OtherTop[] = [];
  /** Watermark of the own feed, µs: no earlier record follows. */
  #ownUs = 0;
  /** Watermark of the other feed, µs: no earlier record follows. */
  #otherUs = 0;
  /** Time up to which the market has received everything, µs. */
  #passedUs = 0;

  constructor(market: EnrichedMarket) {
    this.#market = market;
  }

  /** Takes the next record of the market, or a gap of all markets. */
  take(event: MarketEvent): void {
    this.#events.push(event);
    this.passTo(event.receivedAtUs);
  }

  /** Advances the own feed's watermark to `timeUs`. */
  passTo(timeUs: number): void {
    this.#ownUs = Math.max(this.#ownUs, timeUs);
    this.#advance();
  }

  /** Takes the next change of the other feed's top. */
  takeTop(top: OtherTop): void {
    this.#tops.push(top);
  }

  /** Advances the other feed's watermark to `timeUs`. */
  passOtherTo(timeUs: number): void {
    this.#otherUs = Math.max(this.#otherUs, timeUs);
    this.#advance();
  }

  #advance(): void {
    const [events, tops, ownUs] = [this.#events, this.#tops, this.#ownUs];
    const otherUs = Math.max(this.#otherUs, ownUs - WAIT_US);
    let [event, top] = [0, 0];
    for (;;) {
      const eventUs = events[event]?.receivedAtUs ?? Infinity;
      const next = tops[top];
      if (next !== undefined && next.timeUs <= Math.min(eventUs, ownUs)) {
        // A late change applies from now on.
        this.#passedUs = Math.max(this.#passedUs, next.timeUs);
        this.#market.takeOther(next, this.#passedUs);
        top++;
      } else if (eventUs < otherUs) {
        this.#market.take(events[event++] as MarketEvent);
        this.#passedUs = eventUs;
      } else break;
    }
    if (event > 0) events.splice(0, event);
    if (top > 0) tops.splice(0, top);
    this.#passedUs = Math.max(this.#passedUs, Math.min(ownUs, otherUs));
    this.#market.passTo(this.#passedUs);
  }
}
