import { enrichChain, EnrichedMarket } from "@ssmd/enrich";
import { type Gap, lostGap, type MarketEvent, type OrderBookUpdate } from "@ssmd/market";
import type { OtherTop } from "./crossed_market.ts";

/** Updates that wait for a snapshot; the oldest leave. */
const HELD_MAX = 20_000;

/** The best levels of a market of another feed, of what its connector puts on the bus. */
export class OtherBook {
  readonly feed: string;
  readonly symbol: string;
  #market: EnrichedMarket;
  /** Updates behind an unknown book; undefined = it is known, or a snapshot comes by itself. */
  #held: OrderBookUpdate[] | undefined = [];
  /** The newest update that left, by sequence: a snapshot of before it is of no use. */
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

  /** Whether a snapshot has to be asked for. */
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

  /** Takes what the connector answers: all up to the snapshot's number is in it. */
  takeAnswer(snapshot: OrderBookUpdate): void {
    if (this.#held === undefined || snapshot.sequence < this.#left) return;
    const later = this.#held.filter(({ sequence }) => sequence > snapshot.sequence);
    this.#held = undefined;
    this.#market.take(snapshot);
    for (const update of later) this.#market.take(update);
  }

  /** What came since is lost: the book is not known until a snapshot comes. */
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
