import { decode } from "@ssmd/codec";
import { ALL_SYMBOLS, EVENT_TYPES, type MarketEvent, typeOfSubject } from "@ssmd/market";
import { type Logger, messageOf, sleep } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import type { Market, RecordOrigin } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";
import type { RecentRecords } from "../state/recent_records.ts";
import type { Client, ClientGroup } from "./client.ts";
import type { Hub } from "./hub.ts";
import { replayFilters } from "./replay_filters.ts";
import type { Since } from "../protocol/since.ts";
import { BOOK_BIT, GAP_BIT, TYPE_INDEX } from "./type_bits.ts";
import { RecordFrames } from "./encoding.ts";

/** Records delivered per turn of the event loop. */
const TURN_RECORDS = 1000;
/** Wait before the next read from the bus. */
const RETRY_MS = 1000;
/** Maximum skew between our clock and the bus's storage time. */
const STORE_SKEW_US = 5_000_000;

/** Dependencies of a {@linkcode CatchUp}. */
export interface CatchUpContext {
  env: string;
  data: MarketData;
  hub: Hub;
  records: RecentRecords;
  transport: Transport;
  logger: Logger;
  /** Called with the result of each request to resume. */
  onResumed(recovered: boolean): void;
}

/** Whether missed records can be replayed, and the reason when not. */
type ResumeResult =
  | { recovered: true; from: number }
  | { recovered: false; reason: string; from: number };

/** Records of these markets and types are replayed from a position on. */
interface Span {
  matches: (symbol: string) => boolean;
  types: number;
  from: number;
  fromUs: number;
  /** Whether the client resumes with its earlier state. */
  resumed: boolean;
  /** Types that were subscribed before, as bits: they go on, and do not begin anew here. */
  before?: ReadonlyMap<ClientGroup, number>;
}

/**
 * Replays missed records to one client, from the gateway's memory or from the bus, until it reaches
 * the live ones. Meanwhile all its records come this way, in stream order; the replay waits for the
 * client, and nothing is dropped.
 */
export class CatchUp {
  #context: CatchUpContext;
  #client: Client;
  #frames = new RecordFrames<ClientGroup>();
  #spans: Span[] = [];
  /** Position up to which records were delivered. */
  #cursor = 0;
  /** Position from which earlier subscriptions are replayed. */
  #baseline = 0;
  #checking = 0;
  #generation = 0;
  #count = 0;
  #lostFrom: number | undefined;
  #stop = new AbortController();
  #froms = new Map<ClientGroup, (Span | undefined)[]>();

  constructor(client: Client, context: CatchUpContext) {
    this.#client = client;
    this.#context = context;
  }

  /** Switches the client from live records to the replay. Call before its rules change. */
  begin(): void {
    this.#generation++;
    if (!this.#client.isReplaying) {
      this.#cursor = this.#baseline = this.#context.records.position;
      this.#client.beginReplay();
      return;
    }
    // Skip records that were already delivered.
    this.#baseline = Math.max(this.#baseline, this.#cursor);
    for (const span of this.#spans) span.from = Math.max(span.from, this.#cursor);
  }

  /**
   * Checks whether everything since `since` can be replayed, announces the result, and continues
   * with the missed records, else with live ones.
   */
  async resume(
    since: Since,
    { patterns, types }: { patterns: readonly string[]; types: number },
    announce: (result: ResumeResult) => void,
  ): Promise<void> {
    this.#checking++;
    const from = await this.#positionOf(since).catch((error) =>
      `the bus is away: ${messageOf(error)}`
    );
    this.#checking--;
    const recovered = typeof from === "number";
    this.#context.onResumed(recovered);
    const fromUs = "timeUs" in since ? since.timeUs : 0;
    if (recovered) {
      this.#addSpan(patterns, types, { from, fromUs, resumed: true });
      this.#cursor = Math.min(this.#cursor, from);
    } else this.#addFresh(patterns, types);
    const index = this.#spans.at(-1)?.from ?? 0;
    announce(
      recovered ? { recovered, from: index } : { recovered, reason: from, from: index },
    );
    if (this.#checking === 0) void this.#run(++this.#generation);
  }

  /**
   * Adds a subscription without history while others are replayed; call before the client's
   * interests change.
   */
  addFresh(patterns: readonly string[], types: number): void {
    const before = new Map(
      [...this.#client.interests].map(([group, { realtime }]) => [group, realtime]),
    );
    this.#addFresh(patterns, types, before);
  }

  #addFresh(patterns: readonly string[], types: number, before?: Span["before"]): void {
    const from = this.#context.records.position;
    this.#addSpan(patterns, types, { from, fromUs: 0, resumed: false, ...(before && { before }) });
  }

  /** Stops the replay; the connection ended. */
  close(): void {
    this.#generation++;
    this.#stop.abort();
  }

  #addSpan(
    patterns: readonly string[],
    types: number,
    rest: Omit<Span, "matches" | "types">,
  ): void {
    const names = new Set(patterns.filter((pattern) => !pattern.endsWith("*")));
    const starts = patterns.filter((p) => p.endsWith("*")).map((p) => p.slice(0, -1));
    const matches = (symbol: string) =>
      names.has(symbol) || starts.some((start) => symbol.startsWith(start));
    this.#spans.push({ matches, types: types | GAP_BIT, ...rest });
    this.#froms.clear();
  }

  /** Returns the position before the first missed record, or why it cannot be replayed. */
  async #positionOf(since: Since): Promise<number | string> {
    const { records, transport } = this.#context;
    if ("position" in since) {
      const { position } = since;
      if (position > records.position) return "since is ahead of the stream, or no pos";
      if (records.covers(position)) return position;
      if (!transport.durable) return "since is older than what is kept";
      const { firstSequence } = await transport.state();
      const sequence = records.sequenceOf(position);
      if (sequence < 0) return "since is of another stream, or no pos";
      return sequence >= firstSequence - 1 ? position : "since is older than what is kept";
    }
    if (records.coversTime(since.timeUs)) return records.positionBefore(since.timeUs);
    if (!transport.durable) return "since is older than what is kept";
    return await this.#positionOfTime(since.timeUs);
  }

  async #positionOfTime(timeUs: number): Promise<number | string> {
    const { env, records, transport } = this.#context;
    const { firstSequence, firstAtUs } = await transport.state();
    if (firstSequence > 1 && firstAtUs > timeUs) return "since is older than what is kept";
    const first = transport.read({
      filters: replayFilters(env, ["*"]),
      from: { timeUs: timeUs - STORE_SKEW_US },
      toSequence: records.sequenceOf(records.position),
      signal: this.#stop.signal,
    });
    for await (const [message] of first) {
      if (message !== undefined) return records.positionOf(message.streamSequence) - 1;
    }
    return records.position;
  }

  async #run(generation: number): Promise<void> {
    const { records, logger } = this.#context;
    const client = this.#client;
    while (generation === this.#generation && !client.isClosed) {
      try {
        if (!records.covers(this.#cursor)) await this.#deliverFromBus(generation);
        else if (this.#deliverFromMemory()) return this.#finish();
        else if (client.sendQueue.hasRoom) await new Promise((resolve) => setImmediate(resolve));
        else await client.waitForRoom();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        logger.warn("the past cannot be read from the bus, it is tried again", {
          client: client.id,
          error: messageOf(error),
        });
        await sleep(RETRY_MS, this.#stop.signal);
      }
    }
  }

  /** Delivers records from memory; returns true when the live records are reached. */
  #deliverFromMemory(): boolean {
    const { records } = this.#context;
    let count = 0;
    let isDone = true;
    records.forEachAfter(this.#cursor, (subject, payload, position) => {
      if (count++ >= TURN_RECORDS || !this.#client.sendQueue.hasRoom) return isDone = false;
      this.#deliver(subject, payload, position);
      return true;
    });
    if (isDone) this.#cursor = records.position;
    this.#client.sendQueue.flush();
    return isDone;
  }

  /** Delivers records from the bus until memory covers the rest. */
  async #deliverFromBus(generation: number): Promise<void> {
    const { env, records, transport } = this.#context;
    const client = this.#client;
    if (await this.#hasLeft()) return this.#skipToLive(generation);
    const sequence = records.sequenceOf(this.#cursor) + 1;
    const edge = records.position;
    const batches = transport.read({
      filters: replayFilters(env, client.rules.patterns),
      from: { sequence },
      toSequence: records.sequenceOf(edge),
      signal: this.#stop.signal,
    });
    for await (const batch of batches) {
      // The client may have been slow with the batch before, and the stream goes on.
      if (await this.#hasLeft()) return this.#skipToLive(generation);
      for (const { subject, payload, streamSequence } of batch) {
        if (!client.sendQueue.hasRoom) await client.waitForRoom();
        if (generation !== this.#generation || client.isClosed) return;
        this.#deliver(subject, payload, records.positionOf(streamSequence));
      }
      client.sendQueue.flush();
      if (records.covers(this.#cursor)) return;
    }
    if (await this.#hasLeft()) return this.#skipToLive(generation);
    // A newer request may have moved the cursor back.
    if (generation === this.#generation) this.#cursor = Math.max(this.#cursor, edge);
  }

  /** Whether records after the cursor may have left the bus. */
  async #hasLeft(): Promise<boolean> {
    const sequence = this.#context.records.sequenceOf(this.#cursor) + 1;
    return sequence < 1 || sequence < (await this.#context.transport.state()).firstSequence;
  }

  /** Continues with live records and reports the loss: the bus no longer has the next ones. */
  #skipToLive(generation: number): void {
    if (generation !== this.#generation) return;
    const { records } = this.#context;
    this.#lostFrom ??= this.#cursor;
    this.#cursor = this.#baseline = records.position;
    for (const span of this.#spans) span.from = this.#cursor;
    for (const [group, { realtime }] of this.#client.interests) {
      if (realtime & BOOK_BIT) this.#client.startBook(group);
    }
  }

  #deliver(subject: string, payload: Uint8Array, position: number): void {
    this.#cursor = position;
    const type = typeOfSubject(subject);
    if (type === undefined) return;
    let event: MarketEvent;
    try {
      event = decode(type, payload);
    } catch {
      // Counted and logged when it arrived.
      return;
    }
    const { data, hub } = this.#context;
    const feed = data.feed(event.feed);
    if (event.symbol === ALL_SYMBOLS) {
      if (position <= this.#baseline && !this.#isWantedSince(position)) return;
      if (!hub.isSubscribedTo(this.#client, feed)) return;
      this.#frames.begin(event, undefined, { position, payload });
      this.#count++;
      return hub.deliverFeedRecordTo(
        this.#client,
        this.#frames.frameIn(this.#client.sendQueue.encoding),
        feed,
      );
    }
    const market = data.marketOf(feed, event.symbol);
    if (market !== undefined) this.#deliverOfMarket(market, event, { position, payload });
  }

  #deliverOfMarket(market: Market, event: MarketEvent, origin: RecordOrigin): void {
    const { position } = origin;
    const group = this.#context.hub.groups.get(market);
    const interest = group && this.#client.interests.get(group);
    if (group === undefined || interest === undefined) return;
    const type = TYPE_INDEX[event.type];
    if ((interest.realtime & (1 << type)) === 0) return;
    const span = this.#spanOf(group, type);
    if (position <= (span?.from ?? this.#baseline)) return;
    if (span !== undefined && event.receivedAtUs < span.fromUs) return;
    // The snapshot after the replay includes these changes.
    const isAnew = span === undefined || !span.resumed;
    if (isAnew && event.type === "orderbook" && this.#client.startsBookAfterReplay(group)) return;
    this.#frames.begin(event, group, origin);
    this.#count++;
    this.#client.deliver(this.#frames.frameIn(this.#client.sendQueue.encoding));
  }

  /** Whether a resumed span began before this position. */
  #isWantedSince(position: number): boolean {
    return this.#spans.some((span) => span.resumed && position > span.from);
  }

  /** Returns the newest span of this market and type; undefined = an earlier subscription. */
  #spanOf(group: ClientGroup, type: number): Span | undefined {
    let known = this.#froms.get(group);
    if (known === undefined) {
      known = EVENT_TYPES.map((_, index) =>
        this.#spans.findLast(({ matches, types, before }) =>
          (types & ~(before?.get(group) ?? 0) & (1 << index)) !== 0 &&
          matches(group.market.symbol)
        )
      );
      this.#froms.set(group, known);
    }
    return known[type];
  }

  #finish(): void {
    const client = this.#client;
    const resumed = this.#spans.filter((span) => span.resumed);
    if (resumed.length > 0 || this.#lostFrom !== undefined) {
      client.sendQueue.sendControl(JSON.stringify({
        type: "resumed",
        recovered: this.#lostFrom === undefined,
        ...(this.#lostFrom === undefined ? {} : { lost_from: this.#lostFrom }),
        count: this.#count,
        pos: this.#cursor,
      }));
    }
    this.#spans = [];
    this.#froms.clear();
    this.#count = 0;
    this.#lostFrom = undefined;
    client.endReplay();
  }
}
