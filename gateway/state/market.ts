import {
  type BookSide,
  type ChecksumState,
  type Gap,
  type Level,
  OrderBook,
  type OrderBookUpdate,
  type Status,
  type Ticker,
  type Trade,
} from "@ssmd/market";
import type { Feed } from "./feed.ts";
import { OpenGaps } from "./open_gaps.ts";

/** Origin of a record: its position and bytes in the bus's stream. */
export interface RecordOrigin {
  position: number;
  payload: Uint8Array;
}

/** A change that waits for its book. */
interface Held {
  event: OrderBookUpdate;
  origin: RecordOrigin | undefined;
}

/** A feed with its markets. */
export type MarketFeed = Feed<Market>;

/**
 * Whether a book is the venue's: `live` = known to be; `pending` = never had, or lost and waiting
 * for a snapshot; `ended` = the market is settled or delisted, and has none any more.
 */
type BookState = "pending" | "live" | "ended";

/** A row of the enrichers as clients get it. */
export interface EnrichedMessage {
  type: "enriched";
  symbol: string;
  feed: string;
  /** Its JSON, with what enrichers gave behind the opening brace. */
  json: string;
}

/** Newest state of one market, without history. */
export class Market {
  readonly symbol: string;
  readonly feed: MarketFeed;
  /** The venue's name; "" = not known. */
  readonly external: string;
  /** Levels keyed by price as the double itself: equal decimals are equal doubles, none is computed. */
  readonly book: OrderBook = new OrderBook();
  bookState: BookState = "pending";
  /** Number of the last record that is in the book. */
  bookSequence = 0;
  /** Times of the last record that is in the book, µs; 0 = not given. */
  bookTimestampUs = 0;
  bookReceivedAtUs = 0;
  /** Levels a side; 0 = all. */
  depth = 0;
  checksum: ChecksumState = "unverified";
  /** Changes that came while the book was pending, and where they came from. */
  held: Held[] = [];
  /** Newest last. */
  trades: Trade[] = [];
  /** Trades since the gateway started. */
  tradeCount = 0;
  ticker: Ticker | undefined;
  status: Status | undefined;
  /** When the last step of its life became known, µs; 0 = none did. */
  stepAtUs = 0;
  /** That step, where only the security master told it. */
  masterStep: Status | undefined;
  /** The newest row of the enrichers; undefined = none came. */
  enriched: EnrichedMessage | undefined;
  /** Since when steps of its life may be lost for good, µs; 0 = none are. */
  lostStepsUs = 0;
  /** The open gaps of this market. */
  readonly gaps: OpenGaps = new OpenGaps();
  /** Receive times of the first record after the gateway's start and of the last one, µs. */
  updatedAtUs = 0;

  constructor(symbol: string, feed: MarketFeed, external: string) {
    this.symbol = symbol;
    this.feed = feed;
    this.external = external;
  }

  /** The gap that is open now: the market's own or its feed's. */
  get openGap(): Gap | undefined {
    return this.gaps.worst ?? this.feed.gap;
  }

  /** Whether the venue has ended the market. */
  get isOver(): boolean {
    return this.status?.state === "settled" || this.status?.state === "delisted";
  }

  /**
   * Since when its status may be another one than the last that was seen, µs; 0 = it is that one. An
   * ended market stays ended.
   */
  get statusUnknownSinceUs(): number {
    if (this.isOver) return 0;
    const gap = this.gaps.ofStatus ?? this.feed.gaps.ofStatus;
    return this.lostStepsUs || (gap?.fromUs ?? 0);
  }

  /** Whether it may have ended unseen: an ended market has no orders. */
  get mayBeOver(): boolean {
    const { bids, asks } = this.book;
    return this.bookState === "live" && bids.length + asks.length === 0 &&
      this.statusUnknownSinceUs > 0;
  }

  /** Steps of its life after `fromUs` are lost. */
  loseSteps(fromUs: number): void {
    if (!this.isOver) this.lostStepsUs ||= fromUs;
  }

  /** A trade shows that an open market is open still. */
  noteTrade(): void {
    if (this.status === undefined || this.status.state === "open") this.lostStepsUs = 0;
  }

  /** Whether a step that the security master knows is more than what is known of its life. */
  isNews({ receivedAtUs, state, result }: Status): boolean {
    if (this.status === undefined) return true;
    if (receivedAtUs <= this.stepAtUs) return false;
    return state !== this.status.state || (result !== "" && result !== this.status.result) ||
      (this.lostStepsUs > 0 && receivedAtUs > this.lostStepsUs);
  }

  /** Takes a step of its life: an ended market has no book. */
  takeStatus(status: Status, isStep: boolean): void {
    this.status = status;
    if (isStep) {
      this.lostStepsUs = 0;
      this.stepAtUs = status.receivedAtUs;
    }
    if (this.isOver) {
      this.book.clear();
      this.bookState = "ended";
    } else if (this.bookState === "ended") this.bookState = "pending";
  }

  /** Takes a step that the security master alone told; steps after it may be lost still. */
  takeMasterStep(status: Status): void {
    const { lostStepsUs } = this;
    this.takeStatus(status, true);
    this.masterStep = status;
    if (status.receivedAtUs <= lostStepsUs) this.loseSteps(lostStepsUs);
  }

  /** Takes a snapshot: the book is live from here on. */
  takeSnapshot(update: OrderBookUpdate): void {
    this.book.clear();
    this.depth = update.depth;
    this.bookState = "live";
    this.#apply(update);
  }

  /** Takes a change into a live book; false when the book already holds it. */
  takeDelta(update: OrderBookUpdate): boolean {
    if (update.sequence <= this.bookSequence) return false;
    this.#apply(update);
    return true;
  }

  #apply(update: OrderBookUpdate): void {
    setLevels(this.book.bids, update.bids);
    setLevels(this.book.asks, update.asks);
    if (this.depth > 0) this.book.truncate(this.depth);
    this.bookSequence = update.sequence;
    this.bookTimestampUs = update.timestampUs;
    this.bookReceivedAtUs = update.receivedAtUs;
    this.checksum = update.checksum;
  }
}

function setLevels(side: BookSide, levels: readonly Level[]): void {
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] as Level;
    side.set(level.price, level.size);
  }
}
