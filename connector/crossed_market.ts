import type { EnrichedMarket } from "@ssmd/enrich";
import type { MarketEvent } from "@ssmd/market";

/** Longest wait for the other feed, µs: one that tells nothing for longer is as it was last. */
const WAIT_US = 5_000_000;

/** Best bid and ask of the same instrument on another feed from a time on; NaN = not known. */
export interface OtherTop {
  timeUs: number;
  bid: number;
  ask: number;
}

/**
 * A market with the same instrument on another feed: its records wait until all is known that the
 * other feed received before them, so that its rows are those of the archive.
 */
export class CrossedMarket {
  #market: EnrichedMarket;
  #events: MarketEvent[] = [];
  #tops: OtherTop[] = [];
  /** No earlier record of the own feed comes any more, µs. */
  #ownUs = 0;
  /** No earlier record of the other feed comes any more, µs. */
  #otherUs = 0;
  /** What was given to the market is from up to then, µs. */
  #passedUs = 0;

  constructor(market: EnrichedMarket) {
    this.#market = market;
  }

  /** Takes the next record of the market, or a gap of all markets. */
  take(event: MarketEvent): void {
    this.#events.push(event);
    this.passTo(event.receivedAtUs);
  }

  /** No record of the own feed of before `timeUs` comes any more. */
  passTo(timeUs: number): void {
    this.#ownUs = Math.max(this.#ownUs, timeUs);
    this.#advance();
  }

  /** Takes the next change on the other feed. */
  takeTop(top: OtherTop): void {
    this.#tops.push(top);
  }

  /** No record of the other feed of before `timeUs` comes any more. */
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
        // One that was late counts from now on.
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
