import type { Metrics } from "@ssmd/runtime";

/** Metrics of the signal service. */
export class SignalsMetrics {
  readonly records;
  readonly fires;
  readonly errors;
  readonly lagSeconds;
  readonly waiting;
  readonly quarantined;
  readonly snapshots;
  readonly batchSeconds;

  /** Registers the metrics. */
  constructor(metrics: Metrics) {
    this.records = metrics.counter("records_total", "Records given to signals.");
    this.fires = metrics.counter("fires_total", "Fires published, by signal.", ["signal"]);
    this.errors = metrics.counter("errors_total", "What went wrong, by type.", {
      error_type: ["decode", "passing", "rejected", "snapshot"],
    });
    this.lagSeconds = metrics.gauge(
      "lag_seconds",
      "Age of the last record that signals took while others wait, or of a fire not stored; 0 = none.",
    );
    this.waiting = metrics.gauge("waiting", "Messages that wait for the signals.");
    this.quarantined = metrics.gauge("quarantined", "Signals that run no more as they did harm.");
    this.snapshots = metrics.counter("snapshots_total", "Snapshots written.");
    this.batchSeconds = metrics.histogram(
      "batch_seconds",
      "From taking a batch to its last fire being stored.",
    );
  }
}
