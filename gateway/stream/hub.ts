import { type MarketEvent, STREAM_TYPES } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import { MeterFeeds } from "../access/meter.ts";
import type { EnrichedMessage, Market, MarketFeed, RecordOrigin } from "../state/market.ts";
import type { RecentRecords } from "../state/recent_records.ts";
import { FanoutGroup } from "./fanout_group.ts";
import type { Client, ClientGroup, ClientOwner, Interest } from "./client.ts";
import { type BufferState, SLOW_POLICIES, type SlowPolicy } from "../protocol/slow_policy.ts";
import {
  BOOK_BIT,
  ENRICHED_BIT,
  GAP_BIT,
  NEVER_CONFLATED,
  TYPE_INDEX,
  withEnriched,
} from "./type_bits.ts";
import { type PreparedFrame, RecordFrames } from "./encoding.ts";

/** Latency is measured once per this many flushes. */
const LATENCY_EVERY = 8;
/**
 * A write costs about the same for one message as for ten: after a slow flush the next one waits a
 * share of its duration, so that more messages share a write and the event loop gets time.
 */
const REST = { share: 0.25, fromMs: 1, mostMs: 25 } as const;

/** Receives the hub's counts, for metrics. */
interface HubObserver {
  /** Messages sent to clients since the last call, by index of the type. */
  onSent(counts: readonly number[]): void;
  /** Messages dropped since the last call, by index of the policy. */
  onDropped(counts: readonly number[]): void;
  /** Latency from a frame's arrival at the connector to the write to clients, seconds. */
  onLatency(seconds: number): void;
  /** The connection of a client must end: it is too slow, or its buffer overran. */
  onCut(client: Client, why: "slow" | "overrun"): void;
}

/**
 * Fans records out to clients. A record is encoded once per encoding in use, its frame is shared,
 * and each client is written to once per tick.
 */
export class Hub implements ClientOwner {
  readonly groups: Map<Market, ClientGroup> = new Map();
  #clients = new Set<Client>();
  #feedClients = new Map<MarketFeed, Map<Client, number>>();
  #frames = new RecordFrames<ClientGroup>();
  #dirty: Client[] = [];
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #sent: number[] = STREAM_TYPES.map(() => 0);
  #dropped: number[] = SLOW_POLICIES.map(() => 0);
  #sentTotal = 0;
  #droppedTotal = 0;
  #states: Record<BufferState, number> = { healthy: 0, lagging: 0, dropping: 0, disconnected: 0 };
  #subscriptions = 0;
  #oldestUs = 0;
  #flushes = 0;
  #records: RecentRecords;
  #observer: HubObserver;
  #meterFeeds: MeterFeeds;

  constructor(
    records: RecentRecords,
    observer: HubObserver,
    meterFeeds: MeterFeeds = new MeterFeeds(),
  ) {
    this.#records = records;
    this.#observer = observer;
    this.#meterFeeds = meterFeeds;
  }

  /** Connected clients. */
  get clients(): ReadonlySet<Client> {
    return this.#clients;
  }

  /** Stream position of the newest delivered record. */
  get position(): number {
    return this.#records.position;
  }

  /** Subscribed markets, summed over clients. */
  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** Connected clients by the state of their buffers. */
  get states(): Readonly<Record<BufferState, number>> {
    return this.#states;
  }

  /** Messages sent to clients since the start. */
  get sentTotal(): number {
    return this.#sentTotal;
  }

  /** Messages dropped for slow clients since the start. */
  get droppedTotal(): number {
    return this.#droppedTotal;
  }

  /** Adds a client. */
  addClient(client: Client): void {
    this.#clients.add(client);
    this.#states[client.sendQueue.state]++;
  }

  /** Removes a client. */
  removeClient(client: Client): void {
    if (!this.#clients.has(client)) return;
    client.close();
    this.#clients.delete(client);
    this.#states.disconnected--;
    for (const group of [...client.interests.keys()]) this.#detach(client, group);
  }

  /** Delivers a record already applied to the state, or the newest row of the enrichers. */
  deliverRecord(
    event: MarketEvent | EnrichedMessage,
    market: Market,
    origin: RecordOrigin | undefined,
  ): void {
    const group = this.groups.get(market);
    if (group === undefined) return;
    const type = TYPE_INDEX[event.type];
    group.invalidateNewest(type);
    const clients = group.realtime[type] as Client[];
    const isRow = event.type === "enriched";
    if (clients.length > 0) {
      const frames = this.#frames;
      frames.begin(event, group, origin);
      for (let i = 0; i < clients.length; i++) {
        const client = clients[i] as Client;
        // Enriched rows are never replayed.
        if (isRow || !client.isReplaying) client.deliver(frames.frameIn(client.sendQueue.encoding));
      }
      if (this.#oldestUs === 0 && !isRow) this.#oldestUs = event.receivedAtUs;
    }
    const conflated = group.conflated[type] as Client[];
    for (let i = 0; i < conflated.length; i++) (conflated[i] as Client).markDirty(group, 1 << type);
  }

  /** Delivers a record of a whole feed to all its subscribers. */
  deliverFeedRecord(event: MarketEvent, feed: MarketFeed, origin: RecordOrigin | undefined): void {
    const frames = this.#frames;
    frames.begin(event, undefined, origin);
    for (const client of this.#feedClients.get(feed)?.keys() ?? []) {
      // The replay delivers records that have a stream position.
      if (client.isReplaying && origin !== undefined) continue;
      this.deliverFeedRecordTo(client, frames.frameIn(client.sendQueue.encoding), feed);
    }
  }

  /** Delivers a record of a whole feed to one subscriber. */
  deliverFeedRecordTo(
    client: Client,
    frame: PreparedFrame<ClientGroup>,
    feed: MarketFeed,
  ): void {
    client.access.meter?.add(this.#meterFeeds.indexOf(feed.id), frame.meta.type, 1);
    client.deliver(frame);
  }

  /** Whether the client subscribes to any market of a feed. */
  isSubscribedTo(client: Client, feed: MarketFeed): boolean {
    return this.#feedClients.get(feed)?.has(client) ?? false;
  }

  /** Adds a market: subscribes clients whose prefixes match it. */
  addMarket(market: Market): void {
    for (const client of this.#clients) {
      if (client.rules.prefixCount > 0) this.updateInterest(client, market, 0);
    }
  }

  /**
   * Updates a client's subscription to a market from its rules. `again` are bits of types that
   * start again (a book's snapshot, the first conflated state) even if the client already had them.
   */
  updateInterest(client: Client, market: Market, again: number): void {
    const wanted = client.rules.interestIn(market.symbol);
    const visible = withEnriched(client.access.typesOf(market.feed.id, market.symbol));
    wanted.realtime &= visible;
    wanted.conflated &= visible;
    // Status and gaps are never conflated.
    wanted.realtime |= wanted.conflated & NEVER_CONFLATED;
    wanted.conflated &= ~NEVER_CONFLATED;
    if ((wanted.realtime | wanted.conflated) !== 0) wanted.realtime |= GAP_BIT;
    let group = this.groups.get(market);
    if (group === undefined) {
      if (wanted.realtime === 0) return;
      this.groups.set(market, group = this.#newGroup(market));
    }
    const had = client.interests.get(group) ?? { realtime: 0, conflated: 0 };
    this.#detach(client, group, wanted);
    if ((wanted.realtime | wanted.conflated) === 0) return;
    this.#attach(client, group, wanted);
    const freshRealtime = wanted.realtime & (~had.realtime | again);
    if (freshRealtime & BOOK_BIT) client.startBook(group);
    const freshConflated = wanted.conflated & (~had.conflated | again);
    if (freshRealtime & ENRICHED_BIT) client.sendState(group, TYPE_INDEX.enriched);
    if (freshConflated !== 0) client.markDirty(group, freshConflated);
  }

  /** Applies changed entitlements to a client's subscriptions. */
  updateInterests(client: Client, markets: Iterable<Market>): void {
    if (!this.#clients.has(client)) return;
    for (const market of markets) this.updateInterest(client, market, 0);
  }

  /** Sends the newest state of these types of a market to one client. */
  sendState(client: Client, market: Market, types: number): void {
    const group = this.groups.get(market) ?? this.#newGroup(market);
    const visible = withEnriched(client.access.typesOf(market.feed.id, market.symbol));
    const shown = visible === 0 ? 0 : types & (visible | GAP_BIT);
    for (let type = 0; type < STREAM_TYPES.length; type++) {
      if ((shown & (1 << type)) === 0) continue;
      client.sendState(group, type);
    }
  }

  /** Cancels the pending flush and removes all clients. */
  close(): void {
    clearImmediate(this.#scheduled);
    clearTimeout(this.#resting);
    for (const client of [...this.#clients]) this.removeClient(client);
  }

  onDirty(client: Client): void {
    this.#dirty.push(client);
    this.#schedule();
  }

  onState(client: Client, before: BufferState): void {
    if (!this.#clients.has(client)) return;
    this.#states[before]--;
    this.#states[client.sendQueue.state]++;
  }

  onSent(type: number): void {
    this.#sent[type] = (this.#sent[type] ?? 0) + 1;
    this.#sentTotal++;
  }

  onDropped(_type: number, policy: SlowPolicy): void {
    const index = SLOW_POLICIES.indexOf(policy);
    this.#dropped[index] = (this.#dropped[index] ?? 0) + 1;
    this.#droppedTotal++;
    // Where no client takes anything, nothing else reports the count.
    this.#schedule();
  }

  onCut(client: Client, why: "slow" | "overrun"): void {
    this.#observer.onCut(client, why);
  }

  #schedule(): void {
    if (this.#resting === undefined) this.#scheduled ??= setImmediate(this.#flush);
  }

  #flush = (): void => {
    this.#scheduled = undefined;
    const dirty = this.#dirty;
    this.#dirty = [];
    const beganMs = performance.now();
    for (const client of dirty) client.sendQueue.flush();
    this.#restAfter(performance.now() - beganMs);
    this.#observer.onSent(this.#sent);
    this.#sent.fill(0);
    this.#observer.onDropped(this.#dropped);
    this.#dropped.fill(0);
    if (this.#oldestUs > 0 && this.#flushes++ % LATENCY_EVERY === 0) {
      this.#observer.onLatency(Math.max(0, nowUs() - this.#oldestUs) / 1e6);
    }
    this.#oldestUs = 0;
  };

  /** Delays the next flush after a slow one; otherwise it runs with the next record. */
  #restAfter(tookMs: number): void {
    if (tookMs < REST.fromMs) return;
    this.#resting = setTimeout(this.#endRest, Math.min(REST.mostMs, tookMs * REST.share));
  }

  #endRest = (): void => {
    this.#resting = undefined;
    this.#flush();
  };

  #newGroup(market: Market): ClientGroup {
    return new FanoutGroup<Client>(market, this.#meterFeeds.indexOf(market.feed.id));
  }

  #attach(client: Client, group: ClientGroup, wanted: Interest): void {
    const had = client.interests.get(group);
    for (let type = 0; type < STREAM_TYPES.length; type++) {
      const bit = 1 << type;
      if (wanted.realtime & ~(had?.realtime ?? 0) & bit) group.realtime[type]?.push(client);
      if (wanted.conflated & ~(had?.conflated ?? 0) & bit) group.conflated[type]?.push(client);
    }
    client.interests.set(group, wanted);
    if (had !== undefined) return;
    this.#subscriptions++;
    const feed = group.market.feed;
    let clients = this.#feedClients.get(feed);
    if (clients === undefined) this.#feedClients.set(feed, clients = new Map());
    clients.set(client, (clients.get(client) ?? 0) + 1);
  }

  /** Removes a client's types of a market, except those in `keep`. */
  #detach(client: Client, group: ClientGroup, keep?: Interest): void {
    const had = client.interests.get(group);
    if (had === undefined) return;
    const realtime = had.realtime & ~(keep?.realtime ?? 0);
    const conflated = had.conflated & ~(keep?.conflated ?? 0);
    for (let type = 0; type < STREAM_TYPES.length; type++) {
      if (realtime & (1 << type)) removeFrom(group.realtime[type] as Client[], client);
      if (conflated & (1 << type)) removeFrom(group.conflated[type] as Client[], client);
    }
    if (realtime & BOOK_BIT) client.stopBook(group);
    client.clearDirty(group, conflated);
    had.realtime &= ~realtime;
    had.conflated &= ~conflated;
    if ((had.realtime | had.conflated) !== 0) return;
    client.interests.delete(group);
    client.clearMissed(group);
    this.#subscriptions--;
    const clients = this.#feedClients.get(group.market.feed);
    const left = (clients?.get(client) ?? 1) - 1;
    if (left === 0) clients?.delete(client);
    else clients?.set(client, left);
    if (group.isEmpty) this.groups.delete(group.market);
  }
}

/** Removes one client without preserving order. */
function removeFrom(list: Client[], client: Client): void {
  const index = list.indexOf(client);
  if (index < 0) return;
  list[index] = list[list.length - 1] as Client;
  list.length--;
}
