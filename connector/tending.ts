import type { MarketEvent } from "@ssmd/market";
import { type Logger, nowUs } from "@ssmd/runtime";
import type { Connection } from "./connection.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import { SilenceWatch } from "./watch.ts";

const ASK_AGAIN_US = 5_000_000;
const ASK_AGAIN_US_MAX = 300_000_000;

/** A suspect book that is waited for. */
interface Asked {
  /** Since when, µs. */
  fromUs: number;
  /** When it is asked for next. */
  dueUs: number;
  waitUs: number;
}

/** Looks after connections that are open: books suspect for too long, symbols fallen silent. */
export class Tending {
  #connections: readonly Connection[];
  #send: (slot: number, frame: string) => void;
  #logger: Logger;
  #metrics: ConnectorMetrics;
  #watch = new SilenceWatch();
  #asked = new Map<string, Asked>();
  #connectedUs = 0;
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
    this.#connectedUs = nowUs();
    this.#watch.restart(this.#connectedUs);
  }

  /** Books not known to be right. */
  get suspectBooks(): number {
    return this.#connections.reduce((sum, { normalizer }) => sum + normalizer.suspect().size, 0);
  }

  /** Once a second; `now` is the time in µs. */
  tick(now = nowUs()): void {
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
      for (const connection of this.#connections) {
        const own = connection.symbols.some(({ symbol }) => symbol === quiet.symbol);
        if (own) this.#refresh(connection, [quiet.symbol]);
      }
    }
  }

  /** A request may get lost as well: it is made again, at growing intervals. */
  #askForSuspect(now: number): void {
    const asked = new Map<string, Asked>();
    for (const connection of this.#connections) {
      const due: string[] = [];
      for (const [symbol, sinceUs] of connection.normalizer.suspect()) {
        const state = this.#stateOf(symbol, sinceUs);
        asked.set(symbol, state);
        if (now < state.dueUs) continue;
        due.push(symbol);
        state.waitUs = Math.min(state.waitUs * 2, ASK_AGAIN_US_MAX);
        state.dueUs = now + state.waitUs;
      }
      if (due.length > 0) this.#refresh(connection, due);
    }
    this.#asked = asked;
  }

  /** The first snapshot is on its way by itself, after a loss as after a connect. */
  #stateOf(symbol: string, sinceUs: number): Asked {
    const known = this.#asked.get(symbol);
    const fromUs = Math.max(sinceUs, this.#connectedUs);
    if (known?.fromUs === fromUs) return known;
    return { fromUs, dueUs: fromUs + ASK_AGAIN_US, waitUs: ASK_AGAIN_US };
  }

  #refresh({ slot, normalizer }: Connection, symbols: readonly string[]): void {
    for (const frame of normalizer.refresh(symbols)) this.#send(slot, frame);
  }
}
