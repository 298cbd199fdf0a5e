import {
  type BookSideName,
  type Level,
  type OrderBookUpdate,
  textOfSteps,
  valueOf,
} from "@ssmd/market";
import { TrackedBook, type TrackedBookState } from "../tracked_book.ts";
import { BookHash, type BookHashState, type HashedBook, type HashSearches } from "./book_hash.ts";
import { DOLLAR_STEPS, PRICE_DECIMALS, SIZE_DECIMALS, stepsOfField } from "./format.ts";
import { objectOf, type PolymarketChange, type PolymarketEvent } from "./messages.ts";

const PRECISION = { price: PRICE_DECIMALS, size: SIZE_DECIMALS };

/** A book as plain JSON. */
export interface PolymarketBookState extends TrackedBookState {
  external: string;
  market: string;
  differsSinceUs: number;
  /** Absent in older states, which did not check hashes. */
  hash?: BookHashState;
}

/** A parsed level, in steps. */
interface LevelSteps {
  side: BookSideName;
  price: number;
  size: number;
}

/** Order book of one outcome's token. */
export class PolymarketBook extends TrackedBook {
  /** Condition id of its market; "" = unknown. */
  market = "";
  /** Since when its best prices differ from the venue's, µs; 0 = they agree. */
  differsSinceUs = 0;
  /** Verifies the venue's hashes. */
  readonly hash: BookHash;

  /** Creates an empty book that awaits its snapshot since `lostUs`. */
  constructor(
    options: Pick<TrackedBook, "external" | "symbol" | "lostUs">,
    searches: HashSearches,
  ) {
    super({ ...options, precision: PRECISION });
    this.hash = new BookHash(searches);
  }

  /** Replaces all levels. */
  replace(levels: readonly LevelSteps[]): void {
    this.clear();
    for (const { side, price, size } of levels) this.book[side].set(price, size);
  }

  protected override clear(): void {
    super.clear();
    this.differsSinceUs = 0;
  }

  /** Sets a level, and returns it as values. */
  set({ side, price, size }: LevelSteps): Level {
    this.book[side].set(price, size);
    return { price: valueOf(price, PRICE_DECIMALS), size: valueOf(size, SIZE_DECIMALS) };
  }

  /** Whether the best prices equal those sent with a change; absent ones are not compared. */
  agrees({ best_bid: bid, best_ask: ask }: PolymarketChange): boolean {
    return this.#agrees("bids", bid) && this.#agrees("asks", ask);
  }

  #agrees(side: BookSideName, given: unknown): boolean {
    const price = stepsOfField(given, PRICE_DECIMALS);
    if (Number.isNaN(price)) return true;
    const best = this.book[side].prices[0];
    // The venue sends 0 or 1 as the best price of an empty side.
    return best === undefined ? price === 0 || price === DOLLAR_STEPS : price === best;
  }

  /** Verifies a whole book; "failed" = its levels do not match the venue's hash. */
  verifyFirst(event: PolymarketEvent, atUs: number): OrderBookUpdate["checksum"] {
    const { tick_size: tickSize, last_trade_price: lastPrice, hash } = event;
    if (tickSize === undefined || lastPrice === undefined) return "unverified";
    const hashed = this.#hashed(event.timestamp, hash);
    return this.checksum = this.hash.first({ ...hashed, tickSize, lastPrice }, atUs);
  }

  /** Verifies the book after a change if due; "failed" = a change is missing. */
  verifyChange(timestamp: unknown, hash: unknown, atUs: number): OrderBookUpdate["checksum"] {
    if (!this.hash.isDue(atUs)) return "unverified";
    return this.checksum = this.hash.changed(this.#hashed(timestamp, hash), atUs);
  }

  #hashed(timestamp: unknown, hash: unknown): HashedBook {
    return { head: JSON.stringify(this.#summary(String(timestamp))).slice(0, -1), hash };
  }

  /** Resets the checksum status, as a verification holds for one record. */
  override record(fields: Parameters<TrackedBook["record"]>[0]): OrderBookUpdate {
    const record = super.record(fields);
    this.checksum = "unverified";
    return record;
  }

  /** Fields and levels in the order and format that the venue hashes. */
  #summary(timestamp: string): Record<string, unknown> {
    const side = (name: BookSideName) => {
      const { prices, sizes } = this.book[name];
      return prices.map((price, i) => ({
        price: textOf(price, PRICE_DECIMALS),
        size: textOf(sizes[i] ?? 0, SIZE_DECIMALS),
      })).reverse();
    };
    return {
      market: this.market,
      asset_id: this.external,
      timestamp,
      hash: "",
      bids: side("bids"),
      asks: side("asks"),
    };
  }

  /** The whole book as a snapshot frame of the venue, at the time it was last known to be right. */
  snapshotFrame(): string {
    const timestamp = String(Math.floor(this.lastGoodAtUs / 1000));
    return JSON.stringify({ ...this.#summary(timestamp), event_type: "book" });
  }

  state(): PolymarketBookState {
    const { external, market, differsSinceUs } = this;
    return { external, market, differsSinceUs, hash: this.hash.state(), ...this.trackedState() };
  }

  /** Restores a book from its plain JSON. */
  static restore(
    state: PolymarketBookState,
    symbol: string,
    searches: HashSearches,
  ): PolymarketBook {
    const { external, lostUs } = state;
    const book = new PolymarketBook({ external, symbol, lostUs }, searches);
    book.market = state.market;
    book.restoreTracked(state);
    book.differsSinceUs = state.differsSinceUs;
    if (state.hash !== undefined) book.hash.restore(state.hash);
    return book;
  }
}

/** Parses a level into steps; undefined when unreadable. A price is between 0 and 1 dollar, exclusive. */
export function levelOf(side: BookSideName, value: unknown): LevelSteps | undefined {
  const level = objectOf<PolymarketChange>(value);
  const price = stepsOfField(level?.price, PRICE_DECIMALS);
  const size = stepsOfField(level?.size, SIZE_DECIMALS);
  return price > 0 && price < DOLLAR_STEPS && size >= 0 ? { side, price, size } : undefined;
}

/** Parses the levels of both sides of a `book`; undefined when one is unreadable. */
export function levelsOf(
  { bids, asks }: { bids?: unknown; asks?: unknown },
): LevelSteps[] | undefined {
  if (!Array.isArray(bids) || !Array.isArray(asks)) return undefined;
  const levels = [
    ...bids.map((value) => levelOf("bids", value)),
    ...asks.map((value) => levelOf("asks", value)),
  ];
  return levels.includes(undefined) ? undefined : levels as LevelSteps[];
}

/** Shortest plain decimal, as the venue writes numbers. */
function textOf(steps: number, decimals: number): string {
  return textOfSteps(steps, decimals).replace(/\.?0+$/, "") || "0";
}
