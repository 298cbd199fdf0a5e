import type { MarketFeed } from "../state/market.ts";
import { type MarketEvent, type OrderBookUpdate, snapshotSubject } from "@ssmd/market";
import { Backoff, type Logger, messageOf } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { MarketData } from "../state/market_data.ts";
import { requestFeed } from "./feed_request.ts";

/** Options of a {@linkcode SnapshotRequest}. */
interface SnapshotRequestOptions {
  env: string;
  feed: MarketFeed;
  transport: Transport;
  data: MarketData;
  logger: Logger;
  /** Splits an answer into its order-book snapshots. */
  decode: (bytes: Uint8Array) => Iterable<MarketEvent>;
}

/**
 * Requests the books of one feed from its connector until it answers, and again on demand: with
 * backoff, one request at a time.
 */
export class SnapshotRequest {
  #options: SnapshotRequestOptions;
  #backoff = new Backoff({ firstMs: 200, maxMs: 5_000 });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #again = false;
  #epoch = 0;
  #closed = false;
  /** Whether the connector has answered at least once. */
  answered = false;

  constructor(options: SnapshotRequestOptions) {
    this.#options = options;
  }

  /** Sends the first request. */
  start(): void {
    this.#schedule(0);
  }

  /** Requests again, because deltas of an unknown book arrive. */
  request(): void {
    if (this.#asking) this.#again = true;
    else if (this.#timer === undefined) this.#schedule(this.#backoff.nextMs());
  }

  /** Discards pending answers, because the feed broke after the request. */
  invalidate(): void {
    this.#epoch++;
  }

  /** Stops and discards pending answers. */
  close(): void {
    this.#closed = true;
    this.#epoch++;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), delayMs);
  }

  async #ask(): Promise<void> {
    const { env, feed, transport, logger } = this.#options;
    this.#timer = undefined;
    this.#asking = true;
    this.#again = false;
    const epoch = this.#epoch;
    try {
      const subject = snapshotSubject(env, feed.id);
      const answers = await requestFeed(transport, subject, GATEWAY_LIMITS.snapshotRequestMs);
      if (epoch === this.#epoch) this.#take(answers);
      else this.#again = true;
    } catch (error) {
      if (!this.#closed) {
        logger.debug("no snapshots yet", { feed: feed.id, why: messageOf(error) });
      }
      this.#again = true;
    }
    this.#asking = false;
    if (this.#again) this.#schedule(this.#backoff.nextMs());
  }

  #take(answers: readonly Uint8Array[]): void {
    const { feed, data, decode } = this.#options;
    this.answered = true;
    let waiting = 0;
    for (const event of answers.flatMap((answer) => [...decode(answer)])) {
      if (event.type === "orderbook" && event.kind === "snapshot" && event.feed === feed.id) {
        data.takeSnapshotAnswer(event satisfies OrderBookUpdate);
      }
    }
    for (const market of feed.markets.values()) {
      if (market.bookState === "pending" && market.held.length > 0) waiting++;
    }
    if (waiting === 0) this.#backoff.reset();
    this.#again = waiting > 0;
  }
}
