import { EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import { MeterFeeds } from "../access/meter.ts";
import type { Market, MarketFeed } from "../state/market.ts";
import { Audience, GAP_BIT, NEVER_CONFLATED, TYPE_INDEX } from "./audience.ts";
import { Client, type ClientOwner, type Interest } from "./client.ts";
import { FrameArena } from "./frames.ts";
import { headJson, recordJson } from "./record_json.ts";

/** One flush in so many has its latency taken. */
const LATENCY_EVERY = 8;

/** What the hub counts; the caller turns it into metrics. */
export interface HubObserver {
  /** Messages given to clients and lost for them since the last call, by place of the type. */
  onCounts(sent: readonly number[], dropped: readonly number[]): void;
  /** From a frame's arrival at the connector to the end of a write to clients, seconds. */
  onLatency(seconds: number): void;
  /** A client's buffer is over twice its limit: its connection must be ended. */
  onOverrun(client: Client): void;
}

/**
 * Who gets what. A record becomes JSON once, and only if somebody wants it; its frame is shared by
 * all; each client is written to once a tick.
 */
export class Hub implements ClientOwner {
  #audiences = new Map<Market, Audience<Client>>();
  #clients = new Set<Client>();
  #feedClients = new Map<MarketFeed, Map<Client, number>>();
  #frames = new FrameArena();
  #dirty: Client[] = [];
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  #sent: number[] = EVENT_TYPES.map(() => 0);
  #dropped: number[] = EVENT_TYPES.map(() => 0);
  #sentTotal = 0;
  #droppedTotal = 0;
  #slowClients = 0;
  #subscriptions = 0;
  #oldestUs = 0;
  #flushes = 0;
  #observer: HubObserver;
  #meterFeeds: MeterFeeds;

  constructor(observer: HubObserver, meterFeeds: MeterFeeds = new MeterFeeds()) {
    this.#observer = observer;
    this.#meterFeeds = meterFeeds;
  }

  /** Clients that are connected. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** Markets that clients get something of, summed over clients. */
  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** Clients that lose messages now. */
  get slowClients(): number {
    return this.#slowClients;
  }

  /** Messages given to clients since the start. */
  get sentTotal(): number {
    return this.#sentTotal;
  }

  /** Messages lost for slow clients since the start. */
  get droppedTotal(): number {
    return this.#droppedTotal;
  }

  /** Takes in a client. */
  add(client: Client): void {
    this.#clients.add(client);
  }

  /** Lets a client go. */
  remove(client: Client): void {
    if (!this.#clients.delete(client)) return;
    client.close();
    for (const audience of [...client.interests.keys()]) this.#detach(client, audience);
  }

  /** A record that is in the state by now. */
  record(event: MarketEvent, market: Market): void {
    const audience = this.#audiences.get(market);
    if (audience === undefined) return;
    const type = TYPE_INDEX[event.type];
    audience.changed(type);
    const clients = audience.realtime[type] as Client[];
    if (clients.length > 0) {
      this.#frames.append(recordJson(event, audience.head));
      const isSnapshot = event.type === "orderbook" && event.kind === "snapshot";
      for (let i = 0; i < clients.length; i++) {
        (clients[i] as Client).offer(this.#frames, type, audience, isSnapshot);
      }
      if (this.#oldestUs === 0) this.#oldestUs = event.receivedAtUs;
    }
    const conflated = audience.conflated[type] as Client[];
    for (let i = 0; i < conflated.length; i++) (conflated[i] as Client).touch(audience, 1 << type);
  }

  /** A record about a whole feed: goes to everyone who gets anything of it. */
  feedRecord(event: MarketEvent, feed: MarketFeed): void {
    const text = recordJson(event, headJson(event.symbol, event.feed));
    const place = this.#meterFeeds.placeOf(feed.id);
    for (const client of this.#feedClients.get(feed)?.keys() ?? []) {
      client.control(text);
      client.access.meter?.add(place, TYPE_INDEX[event.type], 1);
      this.onSent(TYPE_INDEX[event.type]);
    }
  }

  /** A market that was not there before: clients with a prefix may want it. */
  marketAdded(market: Market): void {
    for (const client of this.#clients) {
      if (client.rules.prefixCount > 0) this.update(client, market, 0);
    }
  }

  /**
   * Brings what a client gets of a market in line with its rules. `again` are bits of types whose
   * start (a book's snapshot, the first conflated state) is due even if it had them before.
   */
  update(client: Client, market: Market, again: number): void {
    const wanted = client.rules.wanted(market.symbol);
    const seen = client.access.types(market.feed.id, market.symbol);
    wanted.realtime &= seen;
    wanted.conflated &= seen;
    // Status and gaps are passed on whole in every mode.
    wanted.realtime |= wanted.conflated & NEVER_CONFLATED;
    wanted.conflated &= ~NEVER_CONFLATED;
    if ((wanted.realtime | wanted.conflated) !== 0) wanted.realtime |= GAP_BIT;
    let audience = this.#audiences.get(market);
    if (audience === undefined) {
      if (wanted.realtime === 0) return;
      this.#audiences.set(market, audience = this.#audienceOf(market));
    }
    const had = client.interests.get(audience) ?? { realtime: 0, conflated: 0 };
    this.#detach(client, audience, wanted);
    if ((wanted.realtime | wanted.conflated) === 0) return;
    this.#attach(client, audience, wanted);
    const bookBit = 1 << TYPE_INDEX.orderbook;
    const freshRealtime = wanted.realtime & (~had.realtime | again);
    if (freshRealtime & bookBit) client.startBook(audience);
    const freshConflated = wanted.conflated & (~had.conflated | again);
    if (freshConflated !== 0) client.touch(audience, freshConflated);
  }

  /** What a client may see has changed: brings all it gets in line with that. */
  refresh(client: Client, markets: Iterable<Market>): void {
    if (!this.#clients.has(client)) return;
    for (const market of markets) this.update(client, market, 0);
  }

  /** The newest state of these types of a market, sent to one client now. */
  sendState(client: Client, market: Market, types: number): void {
    const audience = this.#audiences.get(market) ?? this.#audienceOf(market);
    const seen = client.access.types(market.feed.id, market.symbol);
    const shown = seen === 0 ? 0 : types & (seen | GAP_BIT);
    for (let type = 0; type < EVENT_TYPES.length; type++) {
      if ((shown & (1 << type)) === 0) continue;
      const text = audience.stateText(type, "");
      if (text !== undefined) client.state(text, type, audience);
    }
  }

  /** Ends what waits for the next tick. */
  close(): void {
    clearImmediate(this.#scheduled);
    for (const client of [...this.#clients]) this.remove(client);
  }

  onDirty(client: Client): void {
    this.#dirty.push(client);
    this.#scheduled ??= setImmediate(this.#flush);
  }

  onSlow(slow: boolean): void {
    this.#slowClients += slow ? 1 : -1;
  }

  onSent(type: number): void {
    this.#sent[type] = (this.#sent[type] ?? 0) + 1;
    this.#sentTotal++;
  }

  onDropped(type: number): void {
    this.#dropped[type] = (this.#dropped[type] ?? 0) + 1;
    this.#droppedTotal++;
  }

  onOverrun(client: Client): void {
    this.#observer.onOverrun(client);
  }

  #flush = (): void => {
    this.#scheduled = undefined;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const client of dirty) client.flush();
    this.#observer.onCounts(this.#sent, this.#dropped);
    this.#sent.fill(0);
    this.#dropped.fill(0);
    if (this.#oldestUs > 0 && this.#flushes++ % LATENCY_EVERY === 0) {
      this.#observer.onLatency(Math.max(0, nowUs() - this.#oldestUs) / 1e6);
    }
    this.#oldestUs = 0;
  };

  #audienceOf(market: Market): Audience<Client> {
    return new Audience<Client>(market, this.#meterFeeds.placeOf(market.feed.id));
  }

  #attach(client: Client, audience: Audience<Client>, wanted: Interest): void {
    const had = client.interests.get(audience);
    for (let type = 0; type < EVENT_TYPES.length; type++) {
      const bit = 1 << type;
      if (wanted.realtime & ~(had?.realtime ?? 0) & bit) audience.realtime[type]?.push(client);
      if (wanted.conflated & ~(had?.conflated ?? 0) & bit) audience.conflated[type]?.push(client);
    }
    client.interests.set(audience, wanted);
    if (had !== undefined) return;
    this.#subscriptions++;
    const feed = audience.market.feed;
    let clients = this.#feedClients.get(feed);
    if (clients === undefined) this.#feedClients.set(feed, clients = new Map());
    clients.set(client, (clients.get(client) ?? 0) + 1);
  }

  /** Takes everything of a market from a client, except what `keep` names. */
  #detach(client: Client, audience: Audience<Client>, keep?: Interest): void {
    const had = client.interests.get(audience);
    if (had === undefined) return;
    const realtime = had.realtime & ~(keep?.realtime ?? 0);
    const conflated = had.conflated & ~(keep?.conflated ?? 0);
    for (let type = 0; type < EVENT_TYPES.length; type++) {
      if (realtime & (1 << type)) take(audience.realtime[type] as Client[], client);
      if (conflated & (1 << type)) take(audience.conflated[type] as Client[], client);
    }
    if (realtime & (1 << TYPE_INDEX.orderbook)) client.stopBook(audience);
    client.untouch(audience, conflated);
    had.realtime &= ~realtime;
    had.conflated &= ~conflated;
    if ((had.realtime | had.conflated) !== 0) return;
    client.interests.delete(audience);
    this.#subscriptions--;
    const clients = this.#feedClients.get(audience.market.feed);
    const left = (clients?.get(client) ?? 1) - 1;
    if (left === 0) clients?.delete(client);
    else clients?.set(client, left);
    if (audience.empty) this.#audiences.delete(audience.market);
  }
}

/** Takes one client out; the order of the others does not matter. */
function take(list: Client[], client: Client): void {
  const index = list.indexOf(client);
  if (index < 0) return;
  list[index] = list[list.length - 1] as Client;
  list.length--;
}
