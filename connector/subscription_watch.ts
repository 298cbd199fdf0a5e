import type { MissingSubscription } from "@ssmd/exchanges";
import { isMarketData, type MarketEvent } from "@ssmd/market";
import { type Logger, nowUs } from "@ssmd/runtime";
import type { Connection } from "./connection.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import { StalenessMonitor } from "./staleness.ts";

/** After a longer suspension, waiting frames are read before silence is judged. */
const STALLED_US = 3_000_000;
const CHANNELS = ["trade", "ticker", "orderbook"] as const;

/** Writes a connection event as a line, so that replay sees it too. */
type TellEvent = (
  connectionIndex: number,
  name: string,
  event: { why: string; fromUs?: number },
) => void;

/** Options of {@linkcode SubscriptionWatch}. */
interface SubscriptionWatchOptions {
  connections: readonly Connection[];
  /** Whether a connection is open. */
  isOpen: (connectionIndex: number) => boolean;
  tell: TellEvent;
  logger: Logger;
  metrics: ConnectorMetrics;
}

/**
 * Sends timer ticks to open connections without lines, and reports silent channels. Silence alone
 * is no gap, as a quiet market is silent too: the channel is subscribed again, and the venue's
 * answer shows whether data was missed.
 */
export class SubscriptionWatch {
  #options: SubscriptionWatchOptions;
  #silence: Record<typeof CHANNELS[number], StalenessMonitor>;
  #lookedUs = 0;
  #lagUs: number | undefined;

  constructor(options: SubscriptionWatchOptions) {
    this.#options = options;
    const [trade, ticker, orderbook] = CHANNELS.map(() => new StalenessMonitor()) as [
      StalenessMonitor,
      StalenessMonitor,
      StalenessMonitor,
    ];
    this.#silence = { trade, ticker, orderbook };
  }

  /** Notes a record. */
  seen(event: MarketEvent): void {
    if (event.timestampUs > 0) this.#lagUs = event.receivedAtUs - event.timestampUs;
    if (!isMarketData(event)) return;
    this.#silence[event.type].seen(event.symbol, event.receivedAtUs);
  }

  /** Restarts the silence checks when a connection opens. */
  connected(): void {
    for (const watch of Object.values(this.#silence)) watch.restart(nowUs());
  }

  /** Returns the subscriptions that deliver nothing now, over all connections. */
  missing(): MissingSubscription[] {
    return this.#options.connections.flatMap(({ normalizer, isRetired }) =>
      isRetired ? [] : normalizer.missing()
    );
  }

  /** Called once a second; `now` in µs. */
  tick(now: number = nowUs()): void {
    const isStalled = this.#lookedUs > 0 && now - this.#lookedUs > STALLED_US;
    this.#lookedUs = now;
    if (!isStalled) {
      this.#askForSilent(now);
      this.#giveTime(now);
    }
    this.#measure();
  }

  #giveTime(now: number): void {
    const { connections, isOpen, tell } = this.#options;
    for (const { connectionIndex, normalizer } of connections) {
      if (isOpen(connectionIndex) && now >= normalizer.dueUs()) {
        tell(connectionIndex, "tick", { why: "" });
      }
    }
  }

  #askForSilent(now: number): void {
    const { connections, isOpen, tell, logger } = this.#options;
    for (const channel of CHANNELS) {
      for (const { symbol, silentMs, usualMs, lastUs } of this.#silence[channel].newlySilent(now)) {
        logger.warn("a channel is silent against its usual rate: it is asked for again", {
          ...{ channel, symbol },
          ...{ silent_ms: Math.round(silentMs), usual_ms: Math.round(usualMs) },
        });
        for (const { connectionIndex, symbols } of connections) {
          const isOwn = symbols.some((spec) => spec.symbol === symbol);
          if (isOwn && isOpen(connectionIndex)) {
            tell(connectionIndex, "silent", { why: `${channel} ${symbol}`, fromUs: lastUs });
          }
        }
      }
    }
  }

  #measure(): void {
    const { labels, suspect, silent, lag, missing } = this.#options.metrics;
    if (this.#lagUs !== undefined) lag.set(labels, this.#lagUs / 1e6);
    const away = this.missing();
    for (const type of ["trade", "ticker", "orderbook", "status"] as const) {
      const count = away.filter(({ channel }) => channel === type).length;
      missing.set({ ...labels, type }, count);
      if (type === "orderbook") suspect.set(labels, count);
    }
    silent.set(labels, CHANNELS.reduce((sum, each) => sum + this.#silence[each].silentCount, 0));
  }
}
