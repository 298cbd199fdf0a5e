import type { MarketEvent } from "@ssmd/market";
import { type Logger, nowUs } from "@ssmd/runtime";
import type { Connection } from "./connection.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import { SilenceWatch } from "./watch.ts";

const REFRESH_AFTER_US = 5_000_000;
const REFRESH_AFTER_US_MAX = 300_000_000;

/** Looks after connections that are open: books suspect for too long, symbols fallen silent. */
export class Tending {
  #connections: readonly Connection[];
  #send: (slot: number, frame: string) => void;
  #logger: Logger;
  #metrics: ConnectorMetrics;
  #watch = new SilenceWatch();
  #refreshAfterUs = REFRESH_AFTER_US;
  #lagUs: number | undefined;

  /** `send` gives a frame to the venue, over the connection of `slot`. */
  constructor(options: {
    connections: readonly Connection[];
    send: (slot: number, frame: string) => void;
    logger: Logger;
    metrics: ConnectorMetrics;
  }) {
    this.#connections = options.connections;
    this.#send = options.send;
    this.#logger = options.logger;
    this.#metrics = options.metrics;
  }

  /** A record was given. */
  seen(event: MarketEvent): void {
    this.#watch.seen(event.symbol, event.receivedAtUs);
    if (event.timestampUs > 0) this.#lagUs = event.receivedAtUs - event.timestampUs;
  }

  /** A connection is open again. */
  connected(): void {
    this.#watch.restart(nowUs());
  }

  /** Books not known to be right. */
  get suspectBooks(): number {
    return this.#connections.reduce((sum, { normalizer }) => sum + normalizer.suspect().size, 0);
  }

  /** Once a second. */
  tick(): void {
    const now = nowUs();
    this.#askForSilent(now);
    this.#askForSuspect(now);
    const { labels, suspect, silent, lag } = this.#metrics;
    if (this.#lagUs !== undefined) lag.set(labels, this.#lagUs / 1e6);
    suspect.set(labels, this.suspectBooks);
    silent.set(labels, this.#watch.silentCount);
  }

  #askForSilent(now: number): void {
    for (const quiet of this.#watch.newlySilent(now)) {
      this.#logger.warn("a symbol is silent against its usual rate: its book is asked for", {
        symbol: quiet.symbol,
        silent_ms: Math.round(quiet.silentMs),
        usual_ms: Math.round(quiet.usualMs),
      });
      this.#refresh([quiet.symbol]);
    }
  }

  /** A request may get lost as well: it is made again, at growing intervals. */
  #askForSuspect(now: number): void {
    let oldestUs = now;
    for (const { normalizer } of this.#connections) {
      for (const sinceUs of normalizer.suspect().values()) oldestUs = Math.min(oldestUs, sinceUs);
    }
    if (now - oldestUs > this.#refreshAfterUs) {
      this.#refreshAfterUs = Math.min(this.#refreshAfterUs * 2, REFRESH_AFTER_US_MAX);
      this.#refresh();
    } else if (oldestUs === now) this.#refreshAfterUs = REFRESH_AFTER_US;
  }

  #refresh(symbols?: readonly string[]): void {
    for (const { slot, normalizer, symbols: own } of this.#connections) {
      const mine = symbols?.filter((symbol) => own.some((spec) => spec.symbol === symbol));
      if (mine?.length === 0) continue;
      for (const frame of normalizer.refresh(mine)) this.#send(slot, frame);
    }
  }
}
