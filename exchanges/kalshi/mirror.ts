import { ALL_SYMBOLS, type Gap, openGap, recoveredGap } from "@ssmd/market";
import type { KalshiBook } from "./book.ts";
import { DOLLAR_STEPS } from "./format.ts";

/** One cent: the venue's ticker and its book differ by at most this, 98.6 % of the time. */
const TOLERANCE_STEPS = DOLLAR_STEPS / 100;
/** Consecutive tickers that raise or clear the alarm. */
const TICKERS_TO_TURN = 8;

/** State of the alarm, as plain JSON. */
export interface MirrorState {
  mirrored: number;
  agreed: number;
  gap: Gap | null;
}

/**
 * Detects mirrored asks: the venue has announced to write NO prices as YES prices
 * (`use_yes_price`), after which an ask at p would be read as 1 − p. No sequence or key would be
 * wrong, but the ticker's best ask would be the mirror of the worst ask in the book.
 */
export class MirrorAlarm {
  #feed: string;
  #mirrored = 0;
  #agreed = 0;
  #gap: Gap | null = null;

  constructor(feed: string) {
    this.#feed = feed;
  }

  /**
   * Compares the venue's best prices, in steps, with a book. Returns a gap for all books when they
   * are found mirrored, and its recovery when they agree again.
   */
  compare(bid: number, ask: number, book: KalshiBook, atUs: number): Gap | undefined {
    const { bids, asks } = book.book;
    const [bestBid, bestAsk, worstAsk] = [bids.prices[0], asks.prices[0], asks.prices.at(-1)];
    if (!book.valid || bestBid === undefined) return undefined;
    if (bestAsk === undefined || worstAsk === undefined) return undefined;
    // Bids are never mirrored: if they differ, book and ticker are of different times.
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

  state(): MirrorState {
    return { mirrored: this.#mirrored, agreed: this.#agreed, gap: this.#gap };
  }

  /** Restores a state. */
  restore(state: MirrorState): void {
    this.#mirrored = state.mirrored;
    this.#agreed = state.agreed;
    this.#gap = state.gap;
  }
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE_STEPS;
}
