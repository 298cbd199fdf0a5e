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

/** Position and bytes of a record in the bus's stream. */
export interface RecordOrigin {
  position: number;
  payload: Uint8Array;
}

/** A delta held until its book is known. */
interface Held {
  event: OrderBookUpdate;
  origin: RecordOrigin | undefined;
}

/** A feed with its markets. */
export type MarketFeed = Feed<Market>;

/**
 * State of a book: `live` = equals the venue's; `pending` = never known, or lost and waiting for a
 * snapshot; `ended` = none, because the market is settled or delisted.
 */
type BookState = "pending" | "live" | "ended";

/** An enriched row in the form sent to clients. */
export interface EnrichedMessage {
  type: "enriched";
  symbol: string;
  feed: string;
  /** JSON of the row; enricher output follows the opening brace. */
  json: string;
}

/** Current state of one market, without history. */
export class Market {
  readonly symbol: string;
  readonly feed: MarketFeed;
  /** The venue's name; "" = unknown. */
  external: string;
  /** Levels keyed by price as a double: equal decimals give equal doubles, none is computed. */
  readonly book: OrderBook = new OrderBook();
  bookState: BookState = "pending";
  /** Sequence of the last record applied to the book. */
  bookSequence = 0;
  /** Times of the last record applied to the book, µs; 0 = not given. */
  bookTimestampUs = 0;
  bookReceivedAtUs = 0;
  /** Levels per side; 0 = all. */
  depth = 0;
  checksum: ChecksumState = "unverified";
  /** Deltas held while the book is pending, with their origins. */
  held: Held[] = [];
  /** Trades, the newest last. */
  trades: Trade[] = [];
  /** Trades since the gateway started. */
  tradeCount = 0;
  ticker: Ticker | undefined;
  status: Status | undefined;
  /** Time at which the last status change became known, µs; 0 = none. */
  stepAtUs = 0;
  /** That change, if only the security master reported it. */
  masterStep: Status | undefined;
  /** Newest enriched row; undefined = none yet. */
  enriched: EnrichedMessage | undefined;
  /** Time since which status changes may be lost for good, µs; 0 = none. */
  lostStepsUs = 0;
  /** Open gaps of this market. */
  readonly gaps: OpenGaps = new OpenGaps();
  /** Open gap of a market that is no longer one of the environment: nothing of it is captured. */
  takenOff: Gap | undefined;
  /** Receive time of the last record, µs; 0 = none yet. */
  updatedAtUs = 0;

  constructor(symbol: string, feed: MarketFeed, external: string) {
    this.symbol = symbol;
    this.feed = feed;
    this.external = external;
  }

  /** Open gap of the market or its feed. */
  get openGap(): Gap | undefined {
    return this.takenOff ?? this.gaps.worst ?? this.feed.gap;
  }

  /** Whether the venue has ended the market. */
  get isOver(): boolean {
    return this.status?.state === "settled" || this.status?.state === "delisted";
  }

  /**
   * Time since which the status may differ from the last one seen, µs; 0 = it is current. An ended
   * market stays ended.
   */
  get statusUnknownSinceUs(): number {
    if (this.isOver) return 0;
    const gap = this.gaps.ofStatus ?? this.feed.gaps.ofStatus;
    return this.lostStepsUs || (gap?.fromUs ?? 0);
  }

  /** Whether the market may have ended unnoticed: an ended market has no orders. */
  get mayBeOver(): boolean {
    const { bids, asks } = this.book;
    return this.bookState === "live" && bids.length + asks.length === 0 &&
      this.statusUnknownSinceUs > 0;
  }

  /** Marks status changes after `fromUs` as lost. */
  loseSteps(fromUs: number): void {
    if (!this.isOver) this.lostStepsUs ||= fromUs;
  }

  /** Notes a trade, which proves that an open market is still open. */
  noteTrade(): void {
    if (this.status === undefined || this.status.state === "open") this.lostStepsUs = 0;
  }

  /** Whether a status from the security master adds to what is known. */
  isNews({ receivedAtUs, state, result }: Status): boolean {
    if (this.status === undefined) return true;
    if (receivedAtUs <= this.stepAtUs) return false;
    return state !== this.status.state || (result !== "" && result !== this.status.result) ||
      (this.lostStepsUs > 0 && receivedAtUs > this.lostStepsUs);
  }

  /** Takes a status; an ended market has no book. */
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

  /** Takes a status only the security master reported; later changes may still be lost. */
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

  /** Applies a delta to a live book; returns false when the book already includes it. */
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
