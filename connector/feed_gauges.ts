import type { Connector } from "./connector.ts";
import type { FeedParts } from "./feed_parts.ts";

/** Gauges and counters of a connector that are sampled once a second. */
export class FeedGauges {
  #parts: FeedParts;
  /** Frames that fell back to JSON parsing, as counted so far. */
  #unscanned = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** Samples them. */
  look({ isTelling, isBacked }: Pick<Connector, "isTelling" | "isBacked">): void {
    const { metrics, connections, rawFiles, waiting } = this.#parts;
    const { labels } = metrics;
    metrics.connected.set(labels, connections.states.open);
    metrics.telling.set(labels, Number(isTelling));
    metrics.backed.set(labels, Number(isBacked));
    metrics.waiting.set(labels, waiting);
    metrics.symbols.set(labels, connections.symbolCount);
    metrics.rawFileAge.set(labels, rawFiles.newestAgeMs / 1000);
    this.#countUnscanned();
  }

  #countUnscanned(): void {
    const { metrics, connections } = this.#parts;
    const unscanned = connections.translators.reduce((sum, each) => sum + each.unscanned, 0);
    metrics.fallback.inc(metrics.labels, unscanned - this.#unscanned);
    this.#unscanned = unscanned;
  }
}
