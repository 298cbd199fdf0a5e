import type { TransformOutput } from "@ssmd/market";
import type { Metrics } from "@ssmd/runtime";

/** Metrics of the transform service. */
export class TransformsMetrics {
  readonly sessions;
  readonly ends;
  readonly #records;

  /** Registers the metrics. */
  constructor(metrics: Metrics) {
    this.sessions = metrics.gauge("sessions", "Processes that run a transform for a caller.");
    this.#records = metrics.counter("records_total", "Records given to transforms, by outcome.", {
      outcome: ["done", "skipped", "error"],
    });
    this.ends = metrics.counter("ends_total", "Processes ended by what a transform did.", {
      code: ["SANDBOX_LATE", "SANDBOX_MEMORY", "SANDBOX_ENDED", "SANDBOX_NONSENSE"],
    });
  }

  /** Counts a batch's outputs. */
  countOutputs(outputs: readonly TransformOutput[]): void {
    for (const each of outputs) {
      const outcome = "error" in each ? "error" : "skip" in each ? "skipped" : "done";
      this.#records.inc({ outcome });
    }
  }
}
