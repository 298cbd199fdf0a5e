import { ALL_SYMBOLS, type Gap, openGap, recoveredGap } from "@ssmd/market";
import type { KalshiBook } from "./book.ts";
import { DOLLAR_STEPS } from "./format.ts";

/** One cent: how far the venue's ticker and its book lie apart at most, 98.6 % of the time. */
const TOLERANCE_STEPS = DOLLAR_STEPS / 100;
/** Tickers in a row that turn the alarm on, or off again. */
const TICKERS_TO_TURN = 8;

/** The alarm as plain JSON. */
export interface MirrorState {
  mirrored: number;
  agreed: number;
  gap: Gap | null;
}

/**
 * Whether asks are mirrored: the venue will one day write prices of NO as prices of YES
 * (`use_yes_price`), and then an ask at p would be read as one at 1 − p. No number or key would be
 * wrong, but the best ask of the venue's own ticker would be the mirror of the worst in the book.
 */
export class MirrorAlarm {
  #feed: string;
  #mirrored = 0;
  #agreed = 0;
  #gap: Gap | null = null;

  /** The alarm of a connection of `feed`. */
  constructor(feed: string) {
    this.#feed = feed;
  }

  /**
   * Compares the venue's best prices, in steps, with a book. Gives the gap that opens on all books
   * when they turn out to be mirrored, and its recovery when they agree again.
   */
  compare(bid: number, ask: number, book: KalshiBook, atUs: number): Gap | undefined {
    const { bids, asks } = book.book;
    const [bestBid, bestAsk, worstAsk] = [bids.prices[0], asks.prices[0], asks.prices.at(-1)];
    if (!book.valid || bestBid === undefined) return undefined;
    if (bestAsk === undefined || worstAsk === undefined) return undefined;
    // Bids are never mirrored: where they differ, one of the two is older than the other.
    if (!isNear(bid, bestBid)) return undefined;
    if (isNear(ask, bestAsk)) return this.#agree(atUs);
    if (!isNear(ask, DOLLAR_STEPS - worstAsk)) return undefined;
    this.#agreed = 0;
    if (++this.#mirrored < TICKERS_TO_TURN || this.#gap !== null) return undefined;
    this.#gap = openGap({
      ...{ feed: this.#feed, symbol: ALL_SYMBOLS, channel: "orderbook", reason: "checksum" },
      ...{ fromUs: atUs, atUs, missed: null },
      detail:
        "Asks look mirrored: the best asks of the venue's tickers are 1 less those of the books.",
    });
    return { ...this.#gap };
  }

  #agree(atUs: number): Gap | undefined {
    this.#mirrored = 0;
    if (this.#gap === null || ++this.#agreed < TICKERS_TO_TURN) return undefined;
    const gap = recoveredGap(this.#gap, atUs);
    this.#gap = null;
    return gap;
  }

  /** Plain JSON. */
  state(): MirrorState {
    return { mirrored: this.#mirrored, agreed: this.#agreed, gap: this.#gap };
  }

  /** Takes over a state. */
  restore(state: MirrorState): void {
    this.#mirrored = state.mirrored;
    this.#agreed = state.agreed;
    this.#gap = state.gap;
  }
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE_STEPS;
}
