import type { CaptureClock } from "@ssmd/archive";
import type { CaptureLocation } from "@ssmd/metadata";
import { type Logger, nowUs } from "@ssmd/runtime";
import { ClockGapReporter } from "./clock_gap_reporter.ts";
import { ClockMonitor } from "./clock_monitor.ts";
import type { ClockSources } from "./clock_quality.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import type { FrameIngest } from "./frame_ingest.ts";

interface FeedClockOptions {
  /** Absent = not configured. */
  location: CaptureLocation | undefined;
  /** Default chrony, then timesyncd. */
  sources: ClockSources | undefined;
  /** Connections that deliver lines now. */
  connectionIndexes: () => Iterable<number>;
  ingest: FrameIngest;
  /** Whether lines may come; before and after that no event is written. */
  isCapturing: () => boolean;
  logger: Logger;
  metrics: ConnectorMetrics;
}

/** Reports the clock's status in metrics, and suspect times in the lines of connections. */
export class FeedClock {
  #options: FeedClockOptions;
  #monitor: ClockMonitor;
  #reporter: ClockGapReporter;

  constructor(options: FeedClockOptions) {
    const { location, sources, ingest, logger } = this.#options = options;
    this.#monitor = new ClockMonitor({ location, sources, logger, onRead: () => this.tell() });
    this.#reporter = new ClockGapReporter((connectionIndex, name, { why, fromUs }) =>
      ingest.event(connectionIndex, name, why, { fromUs })
    );
  }

  /** Newest reading. */
  get current(): CaptureClock {
    return this.#monitor.current;
  }

  /** Reads the clock status; resolves after a second at most. Never rejects. */
  read(): Promise<void> {
    return this.#monitor.read();
  }

  /** Resolves when no reading is in progress. */
  settled(): Promise<void> {
    return this.#monitor.settled();
  }

  /** Checks for clock steps, and for a due reading, once a second. */
  tick(): void {
    const { ingest, connectionIndexes } = this.#options;
    ingest.watchClock((step) => this.#reporter.tellStep(connectionIndexes(), step));
    this.#monitor.tick();
  }

  /** Restores suspect times, since `fromUs`, that the last run reported and left open. */
  resume(connectionIndex: number, fromUs: number): void {
    this.#reporter.resume(connectionIndex, fromUs);
  }

  /** Reports the newest reading. */
  tell(): void {
    const { metrics, connectionIndexes, isCapturing } = this.#options;
    const { status, offsetUs } = this.#monitor.current;
    metrics.unsynchronized.set(metrics.labels, Number(status === "unsynchronized"));
    if (offsetUs === null) metrics.clockOffset.remove(metrics.labels);
    else metrics.clockOffset.set(metrics.labels, offsetUs / 1e6);
    if (isCapturing()) this.#reporter.tell(connectionIndexes(), this.#monitor, nowUs());
  }
}
