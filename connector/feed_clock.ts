import type { CaptureClock } from "@ssmd/archive";
import type { CaptureLocation } from "@ssmd/metadata";
import { type Logger, nowUs } from "@ssmd/runtime";
import { ClockGapReporter } from "./clock_gap_reporter.ts";
import { ClockMonitor } from "./clock_monitor.ts";
import type { ClockSources } from "./clock_quality.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import type { FrameIngest } from "./frame_ingest.ts";

/** Options of {@linkcode FeedClock}. */
interface FeedClockOptions {
  /** Absent = not said. */
  location: CaptureLocation | undefined;
  /** Default chrony, then timesyncd. */
  sources: ClockSources | undefined;
  /** Where lines come from now. */
  connectionIndexes: () => Iterable<number>;
  ingest: FrameIngest;
  /** Whether lines may come: before and after that nothing is told. */
  isCapturing: () => boolean;
  logger: Logger;
  metrics: ConnectorMetrics;
}

/** How the machine's clock is kept: in metrics, and in the lines whose times are suspect for it. */
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

  /** The newest reading. */
  get current(): CaptureClock {
    return this.#monitor.current;
  }

  /** Asks the machine; resolves with the answer, after a second at most. Never rejects. */
  read(): Promise<void> {
    return this.#monitor.read();
  }

  /** Resolves when no question is under way. */
  settled(): Promise<void> {
    return this.#monitor.settled();
  }

  /** Looks, once a second, whether the clock was set or is to be asked again. */
  tick(): void {
    const { ingest, connectionIndexes } = this.#options;
    ingest.watchClock((step) => this.#reporter.tellStep(connectionIndexes(), step));
    this.#monitor.tick();
  }

  /** The last run left the times of a connection suspect since `fromUs`, and told it. */
  resume(connectionIndex: number, fromUs: number): void {
    this.#reporter.resume(connectionIndex, fromUs);
  }

  /** Tells the newest reading. */
  tell(): void {
    const { metrics, connectionIndexes, isCapturing } = this.#options;
    const { status, offsetUs } = this.#monitor.current;
    metrics.unsynchronized.set(metrics.labels, Number(status === "unsynchronized"));
    if (offsetUs === null) metrics.clockOffset.remove(metrics.labels);
    else metrics.clockOffset.set(metrics.labels, offsetUs / 1e6);
    if (isCapturing()) this.#reporter.tell(connectionIndexes(), this.#monitor, nowUs());
  }
}
