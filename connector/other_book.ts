import { enrichChain, EnrichedMarket } from "@ssmd/enrich";
import { type Gap, lostGap, type MarketEvent, type OrderBookUpdate } from "@ssmd/market";
import type { OtherTop } from "./crossed_market.ts";

/** Updates held while waiting for a snapshot; beyond it the oldest are dropped. */
const HELD_MAX = 20_000;

/** Top of book of another feed's market, from its records on the bus. */
export class OtherBook {
  readonly feed: string;
  readonly symbol: string;
  #market: EnrichedMarket;
  /** Updates held while the book is unknown; undefined = known, or its snapshot was published. */
  #held: OrderBookUpdate[] | undefined = [];
  /** Sequence of the newest dropped update; older snapshots are useless. */
  #left = 0;

  constructor(
    { feed, symbol, onTop }: { feed: string; symbol: string; onTop: (top: OtherTop) => void },
  ) {
    this.feed = feed;
    this.symbol = symbol;
    const values = { bid_price: "bid", ask_price: "ask" };
    const chain = enrichChain([{ name: "top", type: "calculation", values }]);
    if (chain === undefined) throw new RangeError("a chain of one is one");
    this.#market = new EnrichedMarket({
      ...{ feed, symbol, chain },
      onRow: ({ timeUs, numbers: [bid = NaN, ask = NaN] }) => onTop({ timeUs, bid, ask }),
    });
  }

  /** Whether a snapshot must be requested. */
  get isUnknown(): boolean {
    return this.#held !== undefined;
  }

  /** Takes the next update or gap. */
  take(event: MarketEvent): void {
    if (event.type !== "orderbook" || event.kind === "snapshot" || this.#held === undefined) {
      if (event.type === "orderbook") this.#held = undefined;
      return this.#market.take(event);
    }
    this.#held.push(event);
    if (this.#held.length > HELD_MAX) this.#left = this.#held.shift()?.sequence ?? 0;
  }

  /** Applies a requested snapshot, then the held updates after its sequence. */
  takeAnswer(snapshot: OrderBookUpdate): void {
    if (this.#held === undefined || snapshot.sequence < this.#left) return;
    const later = this.#held.filter(({ sequence }) => sequence > snapshot.sequence);
    this.#held = undefined;
    this.#market.take(snapshot);
    for (const update of later) this.#market.take(update);
  }

  /** Invalidates the book until the next snapshot. */
  lose(atUs: number): void {
    const { feed, symbol } = this;
    const gap: Gap = lostGap({
      ...{ feed, symbol, fromUs: atUs, atUs, reason: "disconnect", missed: null },
      ...{ channel: "orderbook", detail: "The bus was away" },
    });
    this.#market.take(gap);
    this.#held = [];
    this.#left = 0;
  }
}
