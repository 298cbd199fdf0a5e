import type { MarketFeed } from "../state/market.ts";
import { decode, messagesIn } from "@ssmd/codec";
import { type EventType, type MarketEvent, recordFilters, typeOfSubject } from "@ssmd/market";
import { type Logger, messageOf, type Metrics, nowUs, sleep } from "@ssmd/runtime";
import type { InMessage, LiveSubscription, StreamHole, Transport } from "@ssmd/transport";
import type { MarketData } from "../state/market_data.ts";
import type { RecentRecords } from "../state/recent_records.ts";
import { SnapshotRequest } from "./snapshot_request.ts";

/** Options of {@linkcode BusSubscriber}. */
interface BusSubscriberOptions {
  env: string;
  transport: Transport;
  data: MarketData;
  /** Stores the received records. */
  records: RecentRecords;
  logger: Logger;
  metrics: Metrics;
}

/** Wait before the next request for the bus's stream state. */
const RETRY_MS = 250;

/**
 * Consumes the bus into the state: subscribes live records first, then requests the connectors'
 * snapshots, so that nothing is missed. Unreadable messages are counted and skipped.
 */
export class BusSubscriber {
  #options: BusSubscriberOptions;
  #requests = new Map<MarketFeed, SnapshotRequest>();
  #types = new Map<string, EventType>();
  #subscription: LiveSubscription | undefined;
  #unreadable = 0;
  #errors;
  /** Messages held while the stream's identity is unknown; undefined = known. */
  #heldMessages: InMessage[] | undefined;
  /** Whether the next message belongs to a stream that is not identified yet. */
  #isStale = false;
  #connected = true;
  #closed = false;

  constructor(options: BusSubscriberOptions) {
    this.#options = options;
    this.#errors = options.metrics.counter("errors_total", "What went wrong, by type.", {
      error_type: ["decode"],
    });
  }

  /** Whether live records are subscribed. */
  get subscribed(): boolean {
    return this.#subscription !== undefined;
  }

  /** Number of messages that could not be decoded. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** Subscribes, then requests the books of each known feed. Rejects as the transport does. */
  async start(): Promise<void> {
    const { env, transport, data, records } = this.#options;
    const filters = recordFilters(env);
    const { createdAtUs, lastSequence } = await transport.state();
    records.start(createdAtUs, lastSequence);
    this.#subscription = await transport.subscribe(
      filters,
      (message) => this.#takeRecord(message),
      (hole) => this.#onHole(hole),
    );
    records.markCompleteAfter(this.#subscription.startSequence);
    transport.onStatus((status) => this.#onStatus(status.type === "connected"));
    for (const feed of data.feeds.values()) this.#requestOf(feed).start();
  }

  /** Requests the feed's books from its connector, with backoff. */
  requestSnapshots(feed: MarketFeed): void {
    this.#requestOf(feed).request();
  }

  /** Discards a pending answer, which was made before the feed broke. */
  invalidateSnapshots(feed: MarketFeed): void {
    this.#requestOf(feed).invalidate();
  }

  /** Closes the subscription and all requests. */
  close(): void {
    this.#closed = true;
    this.#subscription?.unsubscribe();
    for (const request of this.#requests.values()) request.close();
  }

  #takeRecord(message: InMessage): void {
    if (this.#closed) return;
    if (this.#heldMessages !== undefined) {
      this.#heldMessages.push(message);
    } else if (this.#isStale || this.#options.records.isOfOtherStream(message.streamSequence)) {
      this.#heldMessages = [message];
      void this.#followNewStream();
    } else this.#decodeRecord(message);
  }

  /**
   * Handles a recreated or truncated stream: reads its new identity from the bus, so that positions
   * mean the same on every gateway. Holds messages meanwhile.
   */
  async #followNewStream(): Promise<void> {
    const { transport, records, data, logger } = this.#options;
    while (!this.#closed) {
      try {
        let state = await transport.state();
        if (state.createdAtUs === records.createdAtUs && transport.renew !== undefined) {
          await transport.renew(state.createdAtUs);
          state = await transport.state();
        }
        const waiting = this.#heldMessages ?? [];
        this.#heldMessages = undefined;
        this.#isStale = false;
        records.start(state.createdAtUs, (waiting[0]?.streamSequence ?? 1) - 1);
        logger.warn("the bus has another stream now: the number of missed records is unknown");
        for (const feed of data.feeds.values()) {
          data.recordGap(feed, { reason: "disconnect", missed: null, toUs: nowUs() });
        }
        for (const message of waiting) this.#takeRecord(message);
        return;
      } catch (error) {
        logger.warn("the bus does not tell its stream; it is asked again", {
          error: messageOf(error),
        });
        await sleep(RETRY_MS);
      }
    }
  }

  #decodeRecord(message: InMessage): void {
    const { data, records } = this.#options;
    let event: MarketEvent;
    try {
      event = decode(this.#typeOf(message.subject), message.payload);
    } catch (error) {
      records.skip(message.streamSequence);
      this.#countUnreadable(message.subject, error);
      return;
    }
    const position = records.addMessage(message, event.receivedAtUs);
    data.takeRecord(event, { position, payload: message.payload });
  }

  #typeOf(subject: string): EventType {
    let type = this.#types.get(subject);
    if (type === undefined) {
      // An unknown type is passed on, and the decoder refuses it.
      type = typeOfSubject(subject) ?? subject as EventType;
      // Subjects are few per environment; bound the cache against a flood of new ones.
      if (this.#types.size > 500_000) this.#types.clear();
      this.#types.set(subject, type);
    }
    return type;
  }

  #countUnreadable(subject: string, error: unknown): void {
    const { logger } = this.#options;
    this.#errors.inc({ error_type: "decode" });
    if (this.#unreadable++ % 1000 === 0) {
      logger.warn("a record from the bus cannot be read", { subject, error: messageOf(error) });
    }
  }

  #onHole({ stream }: StreamHole): void {
    const { data, records, logger } = this.#options;
    if (this.#closed) return;
    logger.warn("records left the bus before they were read: books are requested again", {
      up_to: stream.sequence,
    });
    records.markIncompleteUpTo(stream.sequence);
    for (const feed of data.feeds.values()) {
      data.recordGap(feed, { reason: "slow", missed: null, toUs: nowUs() });
    }
  }

  #onStatus(connected: boolean): void {
    const { data, logger } = this.#options;
    if (this.#closed || connected === this.#connected) return;
    this.#connected = connected;
    logger.info(connected ? "bus is back: books are requested again" : "bus is away");
    if (!connected) return;
    for (const feed of data.feeds.values()) {
      data.recordGap(feed, { reason: "disconnect", missed: null, toUs: nowUs() });
    }
    void this.#checkStream();
  }

  /** While the bus was away, the stream may have been replaced by one with higher sequences. */
  async #checkStream(): Promise<void> {
    const { transport, records, logger } = this.#options;
    try {
      const { createdAtUs } = await transport.state();
      this.#isStale = createdAtUs !== records.createdAtUs;
    } catch (error) {
      logger.warn("the bus does not tell its stream", { error: messageOf(error) });
    }
  }

  #requestOf(feed: MarketFeed): SnapshotRequest {
    let request = this.#requests.get(feed);
    if (request === undefined) {
      const { env, transport, data, logger } = this.#options;
      const decodeAll = function* (bytes: Uint8Array): Generator<MarketEvent> {
        for (const message of messagesIn(bytes)) yield decode("orderbook", message);
      };
      request = new SnapshotRequest({ env, feed, transport, data, logger, decode: decodeAll });
      this.#requests.set(feed, request);
    }
    return request;
  }
}
