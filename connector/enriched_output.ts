import { EnrichedMarket, type EnrichedRow, RowBytes } from "@ssmd/enrich";
import { ALL_SYMBOLS, enrichedSubject, type MarketEvent } from "@ssmd/market";
import type { Enrichment } from "@ssmd/metadata";
import type { Logger } from "@ssmd/runtime";
import type { Publisher, Transport } from "@ssmd/transport";
import { CrossedMarket } from "./crossed_market.ts";
import { CrossFeed } from "./cross_feed.ts";
import type { PipelineOutput } from "./pipeline.ts";

/** Options of {@linkcode EnrichedOutput}. */
interface EnrichedOutputOptions {
  env: string;
  feed: string;
  run: string;
  enrichment: Enrichment;
  /** Its own publisher: records do not wait for rows, and their ids stay consecutive. */
  publisher: Publisher;
}

/** Receiver of a market's records. */
type Taking = Pick<EnrichedMarket, "take" | "passTo">;

/**
 * Runs the environment's enrichers on published records and publishes their rows. While the bus is
 * away or slow, only the newest row of each market is kept and published later.
 */
export class EnrichedOutput {
  #options: EnrichedOutputOptions;
  #markets = new Map<string, Taking>();
  /** Absent when no instrument is paired with another feed. */
  #crossFeed: CrossFeed | undefined;
  #subjects = new Map<string, string>();
  #bytes: RowBytes;
  #idPrefix: string;
  /** Newest rows not yet published, by symbol. */
  #waiting = new Map<string, EnrichedRow>();
  #draining: Promise<void> | undefined;
  #rows = 0;
  #isClosed = false;

  constructor(options: EnrichedOutputOptions) {
    this.#options = options;
    this.#bytes = new RowBytes(options.enrichment.chain);
    this.#idPrefix = `enriched:${options.feed}:${options.run}:`;
  }

  /** Starts reading other feeds where the chain pairs instruments with them. */
  readOthers({ transport, logger }: { transport: Transport; logger: Logger }): void {
    const { env, feed, enrichment } = this.#options;
    const pairs = enrichment.pairsOf(feed).map(({ symbol, other }) => {
      const market = new CrossedMarket(this.#newMarket(symbol));
      this.#markets.set(symbol, market);
      return { market, other };
    });
    if (pairs.length === 0) return;
    this.#crossFeed = new CrossFeed({ env, transport, pairs, logger });
    this.#crossFeed.start();
  }

  /** Wraps `output` so that published records are also enriched. */
  around(output: PipelineOutput): PipelineOutput {
    return {
      publish: (message, event) => {
        output.publish(message, event);
        this.take(event);
      },
      deadLetter: (message) => output.deadLetter(message),
      untold: (event) => output.untold?.(event),
      givesAway: (gap) => output.givesAway?.(gap) ?? false,
      meaning: (line, result) => output.meaning(line, result),
    };
  }

  /** Takes the next record of the feed. */
  take(event: MarketEvent): void {
    const { type, symbol } = event;
    if (symbol === ALL_SYMBOLS) {
      if (type === "gap") { for (const market of this.#markets.values()) market.take(event); }
    } else if (type === "orderbook" || type === "trade" || type === "gap") {
      this.#market(symbol).take(event);
    }
  }

  /** Advances the watermark of all markets to `timeUs`: no earlier record follows. */
  passTo(timeUs: number): void {
    for (const market of this.#markets.values()) market.passTo(timeUs);
  }

  /** Closes; rows that were not published can be computed from the archive. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#crossFeed?.close();
    await this.#options.publisher.close();
  }

  #market(symbol: string): Taking {
    const known = this.#markets.get(symbol);
    if (known !== undefined) return known;
    const market = this.#newMarket(symbol);
    this.#markets.set(symbol, market);
    return market;
  }

  #newMarket(symbol: string): EnrichedMarket {
    const { feed, enrichment: { chain, references } } = this.#options;
    return new EnrichedMarket({
      ...{ symbol, feed, chain, references: references(feed, symbol) },
      onRow: (row) => this.#tell(row),
    });
  }

  #tell(row: EnrichedRow): void {
    const { publisher } = this.#options;
    if (this.#waiting.size === 0 && !publisher.full) return this.#publish(row);
    this.#waiting.set(row.symbol, row);
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    const { publisher } = this.#options;
    while (this.#waiting.size > 0 && !this.#isClosed) {
      await publisher.ready();
      for (const [symbol, row] of this.#waiting) {
        if (publisher.full || this.#isClosed) break;
        this.#waiting.delete(symbol);
        this.#publish(row);
      }
    }
    this.#draining = undefined;
  }

  #publish(row: EnrichedRow): void {
    const { env, feed, publisher } = this.#options;
    let subject = this.#subjects.get(row.symbol);
    if (subject === undefined) {
      subject = enrichedSubject(env, feed, row.symbol);
      this.#subjects.set(row.symbol, subject);
    }
    publisher.publish({
      subject,
      payload: this.#bytes.of(row),
      id: this.#idPrefix + ++this.#rows,
    });
  }
}
