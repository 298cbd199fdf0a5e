import { LIMITS } from "@ssmd/runtime";
import {
  ALL_SYMBOLS,
  type DerivedEvent,
  type FeedEvent,
  type Gap,
  type GapReason,
  isBreak,
  type MarketEvent,
  type OrderBookUpdate,
  type Status,
} from "@ssmd/market";
import { GATEWAY_LIMITS } from "../limits.ts";
import { Feed } from "./feed.ts";
import { Market, type MarketFeed, type RecordOrigin } from "./market.ts";
import { isAboutBook, isOpen, losesSteps } from "./open_gaps.ts";
import { takenOffGap, takenOnGap } from "./taken_off.ts";

/** A market of the environment. */
export interface MarketSpec {
  /** Our symbol. */
  symbol: string;
  /** Id of the feed. */
  feed: string;
  /** The venue's name. */
  external: string;
}

/** Receives changes in the order of the records. */
interface MarketDataListener {
  /**
   * Receives a record already applied to the state; after a lost book its first record is a
   * snapshot. `origin` is undefined when the record did not come from the bus.
   */
  onRecord(event: MarketEvent, market: Market, origin: RecordOrigin | undefined): void;
  /** Receives a record about a whole feed. */
  onFeedRecord(event: MarketEvent, feed: MarketFeed, origin: RecordOrigin | undefined): void;
  /** Receives a new market. */
  onMarket(market: Market): void;
  /** Books of this feed were lost: pending snapshots are too old for them. */
  onBooksLost(feed: MarketFeed): void;
  /** Deltas arrive for an unknown book: a snapshot must be requested. */
  onSnapshotWanted(feed: MarketFeed): void;
}

/** Current state of every market of an environment. */
export class MarketData {
  readonly feeds: Map<string, MarketFeed> = new Map();
  /** Number of records of markets beyond the limit. */
  refused = 0;
  #listener: MarketDataListener;
  #marketCount = 0;
  #tradesMax: number = LIMITS.recentTradesMax;
  #heldCount = new Map<MarketFeed, number>();

  constructor(listener: MarketDataListener) {
    this.#listener = listener;
  }

  /**
   * Adds the feeds and markets of the environment. A market that is there keeps its state and its
   * subscribers; its venue's name may be another one now.
   */
  add(feeds: readonly string[], specs: readonly MarketSpec[]): void {
    for (const id of feeds) this.feed(id);
    for (const { feed, symbol, external } of specs) {
      const market = this.feed(feed).markets.get(symbol);
      if (market === undefined) this.#addMarket(this.feed(feed), symbol, external);
      else if (market.external !== external) {
        market.external = external;
        this.#listener.onMarket(market);
      }
    }
  }

  /** Number of markets. */
  get marketCount(): number {
    return this.#marketCount;
  }

  /** Returns the feed with this id; creates it if new. */
  feed(id: string): MarketFeed {
    let feed = this.feeds.get(id);
    if (feed === undefined) this.feeds.set(id, feed = new Feed<Market>(id));
    return feed;
  }

  /** Returns the market with this symbol, of any feed. */
  market(symbol: string): Market | undefined {
    for (const feed of this.feeds.values()) {
      const market = feed.markets.get(symbol);
      if (market !== undefined) return market;
    }
    return undefined;
  }

  /** Yields all markets, feed by feed. */
  *markets(): Generator<Market> {
    for (const feed of this.feeds.values()) yield* feed.markets.values();
  }

  /** Takes a live record. */
  takeRecord(event: MarketEvent, origin?: RecordOrigin): void {
    const feed = this.feed(event.feed);
    if (event.type === "fire" || event.type === "action") {
      return this.#takeDerived(event, feed, origin);
    }
    feed.records++;
    const restarts = event.type === "gap" && isBreak(event);
    const missing = feed.note(event.sequence, restarts);
    if (missing > 0) {
      this.recordGap(feed, { reason: "slow", missed: missing, toUs: event.receivedAtUs });
    }
    if (event.receivedAtUs > 0) feed.noteTime(event);
    if (event.symbol === ALL_SYMBOLS) return this.#takeFeedRecord(event, feed, origin);
    const market = this.marketOf(feed, event.symbol);
    if (market === undefined) return void this.refused++;
    if (event.receivedAtUs > 0) market.updatedAtUs = event.receivedAtUs;
    if (event.type === "orderbook") this.#takeBook(event, market, origin);
    else this.#takeOther(event, market, origin);
  }

  /** Takes a requested snapshot; ignores it when the book is already live. */
  takeSnapshotAnswer(snapshot: OrderBookUpdate): void {
    const feed = this.feed(snapshot.feed);
    const market = this.marketOf(feed, snapshot.symbol);
    if (market === undefined || market.bookState !== "pending") return;
    if (market.takenOff === undefined) this.#startBook(snapshot, market, undefined);
  }

  /**
   * Takes over the markets of the environment, `before` and now. A market that left has an open gap
   * and no book until it returns: nothing of it is captured.
   */
  replaceMarkets(
    before: Readonly<Record<string, { feed: string }>>,
    now: Readonly<Record<string, { feed: string; external: string }>>,
    atUs: number,
  ): void {
    this.add([], Object.entries(now).map(([symbol, market]) => ({ symbol, ...market })));
    for (const [symbol, { feed }] of Object.entries(now)) {
      const market = this.feeds.get(feed)?.markets.get(symbol);
      if (market !== undefined) this.#takeOn(market, atUs);
    }
    for (const [symbol, { feed }] of Object.entries(before)) {
      const market = this.feeds.get(feed)?.markets.get(symbol);
      if (now[symbol]?.feed !== feed && market !== undefined) this.#takeOff(market, atUs);
    }
  }

  #takeOff(market: Market, atUs: number): void {
    if (market.isOver || market.takenOff !== undefined) return;
    const gap = market.takenOff = takenOffGap(market, atUs);
    market.loseSteps(gap.fromUs);
    this.#invalidateBook(market);
    this.#listener.onRecord(gap, market, undefined);
  }

  #takeOn(market: Market, atUs: number): void {
    const gap = market.takenOff;
    if (gap === undefined) return;
    market.takenOff = undefined;
    this.#listener.onRecord(takenOnGap(gap, atUs), market, undefined);
  }

  /**
   * Takes a market's status from the security master: if no record reported it (as with changes
   * that only REST shows), it is delivered as a status without a stream position.
   */
  takeMasterStatus(status: Status, market: Market): void {
    if (!market.isNews(status)) return;
    market.takeMasterStep(status);
    if (market.isOver) this.#releaseHeld(market);
    this.#listener.onRecord(status, market, undefined);
  }

  /** Returns the market of a feed and symbol, created if new; undefined beyond the limit. */
  marketOf(feed: MarketFeed, symbol: string): Market | undefined {
    return feed.markets.get(symbol) ?? this.#addMarket(feed, symbol, "");
  }

  /**
   * Reports records that did not reach the gateway as a gap in the stream; the feed's books wait
   * for snapshots. `missed` null = number unknown.
   */
  recordGap(
    feed: MarketFeed,
    { reason, missed, toUs }: { reason: GapReason; missed: number | null; toUs: number },
  ): void {
    const gap: Gap = {
      type: "gap",
      timestampUs: 0,
      receivedAtUs: toUs,
      symbol: ALL_SYMBOLS,
      feed: feed.id,
      sequence: feed.sequence,
      reason,
      fromUs: Math.min(feed.updatedAtUs, toUs),
      toUs,
      missed,
      recovered: true,
      detail: "records did not reach the gateway; books are rebuilt from snapshots",
      channel: "all",
    };
    this.#invalidateBooks(feed);
    for (const market of feed.markets.values()) market.loseSteps(gap.fromUs);
    this.#listener.onFeedRecord(gap, feed, undefined);
    this.#listener.onSnapshotWanted(feed);
  }

  /** Derived events do not affect the feed's sequence and times. */
  #takeDerived(event: DerivedEvent, feed: MarketFeed, origin: RecordOrigin | undefined): void {
    const market = this.marketOf(feed, event.symbol);
    if (market === undefined) return void this.refused++;
    this.#listener.onRecord(event, market, origin);
  }

  #takeBook(event: OrderBookUpdate, market: Market, origin: RecordOrigin | undefined): void {
    // Updates of an ended market, and those in flight of one taken off, have no book.
    const isWithout = market.bookState === "ended" || market.takenOff !== undefined;
    if (isWithout) this.#listener.onRecord(event, market, origin);
    else if (event.kind === "snapshot") {
      this.#startBook(event, market, origin);
    } else if (market.bookState === "live") {
      if (market.takeDelta(event)) this.#listener.onRecord(event, market, origin);
    } else this.#holdUpdate(event, market, origin);
  }

  #startBook(snapshot: OrderBookUpdate, market: Market, origin: RecordOrigin | undefined): void {
    const held = market.held;
    this.#releaseHeld(market);
    market.takeSnapshot(snapshot);
    market.gaps.endBook();
    this.#listener.onRecord(snapshot, market, origin);
    for (const { event, origin } of held) {
      if (market.takeDelta(event)) this.#listener.onRecord(event, market, origin);
    }
  }

  #holdUpdate(event: OrderBookUpdate, market: Market, origin: RecordOrigin | undefined): void {
    const feed = market.feed;
    const count = (this.#heldCount.get(feed) ?? 0) + 1;
    if (count > GATEWAY_LIMITS.heldRecordsMax) {
      for (const other of feed.markets.values()) other.held = [];
      this.#heldCount.set(feed, 0);
      this.#listener.onBooksLost(feed);
    } else {
      market.held.push({ event, origin: origin && copied(origin) });
      this.#heldCount.set(feed, count);
    }
    this.#listener.onSnapshotWanted(feed);
  }

  #releaseHeld(market: Market): void {
    const feed = market.feed;
    this.#heldCount.set(feed, (this.#heldCount.get(feed) ?? 0) - market.held.length);
    market.held = [];
  }

  #invalidateBook(market: Market): void {
    this.#releaseHeld(market);
    if (market.bookState === "live") market.bookState = "pending";
    this.#listener.onBooksLost(market.feed);
  }

  #invalidateBooks(feed: MarketFeed): void {
    for (const market of feed.markets.values()) {
      market.held = [];
      if (market.bookState === "live") market.bookState = "pending";
    }
    this.#heldCount.set(feed, 0);
    this.#listener.onBooksLost(feed);
  }

  #takeOther(
    event: Exclude<FeedEvent, OrderBookUpdate>,
    market: Market,
    origin: RecordOrigin | undefined,
  ): void {
    if (event.type === "trade") {
      market.tradeCount++;
      market.noteTrade();
      market.trades.push(event);
      // Cut in blocks: one shift per trade would move the whole list each time.
      if (market.trades.length > this.#tradesMax * 1.25) {
        market.trades = market.trades.slice(-this.#tradesMax);
      }
    } else if (event.type === "ticker") market.ticker = event;
    else if (event.type === "status") {
      market.takeStatus(statusAfter(market.status, event), event.state !== "unknown");
      if (market.isOver) this.#releaseHeld(market);
    } else {
      market.gaps.take(event);
      if (losesSteps(event)) market.loseSteps(event.fromUs);
      if (isOpen(event) && isAboutBook(event)) this.#invalidateBook(market);
    }
    this.#listener.onRecord(event, market, origin);
    if (event.type === "status" && event.state !== "unknown") this.#keepMasterStep(event, market);
  }

  /** Restores a newer status of the security master after a late record. */
  #keepMasterStep({ receivedAtUs }: Status, market: Market): void {
    const { masterStep } = market;
    market.masterStep = undefined;
    if (masterStep !== undefined && receivedAtUs < masterStep.receivedAtUs) {
      this.takeMasterStatus(masterStep, market);
    }
  }

  #takeFeedRecord(
    event: FeedEvent,
    feed: MarketFeed,
    origin: RecordOrigin | undefined,
  ): void {
    if (event.type === "gap") {
      feed.gaps.take(event);
      if (losesSteps(event)) {
        for (const market of feed.markets.values()) market.loseSteps(event.fromUs);
      }
      if (isOpen(event) && isAboutBook(event)) this.#invalidateBooks(feed);
    }
    this.#listener.onFeedRecord(event, feed, origin);
  }

  #addMarket(feed: MarketFeed, symbol: string, external: string): Market | undefined {
    if (this.#marketCount >= GATEWAY_LIMITS.marketsMax) return undefined;
    const market = new Market(symbol, feed, external);
    feed.markets.set(symbol, market);
    this.#marketCount++;
    const share = Math.floor(GATEWAY_LIMITS.recentTradesTotalMax / this.#marketCount);
    this.#tradesMax = Math.max(
      GATEWAY_LIMITS.recentTradesMin,
      Math.min(LIMITS.recentTradesMax, share),
    );
    this.#listener.onMarket(market);
    return market;
  }
}

/** Copies the payload: it is a view of a large block, which it would keep in memory. */
function copied({ position, payload }: RecordOrigin): RecordOrigin {
  return { position, payload: new Uint8Array(payload) };
}

/** Returns the new status; one with state "unknown" keeps the previous state and result. */
function statusAfter(before: Status | undefined, event: Status): Status {
  if (before === undefined || event.state !== "unknown") return event;
  return { ...event, state: before.state, result: before.result };
}
