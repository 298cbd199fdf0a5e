import { EVENT_TYPES } from "@ssmd/market";
import type { Metrics } from "@ssmd/runtime";
import type { RejectReason } from "./window_router.ts";

/** The archiver's metrics, updated per file or batch, not per message. */
export class ArchiverMetrics {
  readonly records;
  readonly duplicates;
  readonly deadLettered;
  readonly files;
  readonly bytes;
  readonly lagSeconds;
  readonly bufferedBytes;
  readonly storageErrors;
  readonly batchSeconds;
  readonly receiveToFile;
  readonly gaps;
  readonly busGaps;
  readonly repaired;
  #writtenAtMs: Map<string, number>;

  /** Registers them in `metrics`; known labels start at 0. */
  constructor(
    metrics: Metrics,
    { feeds, bucket }: { feeds: readonly string[]; bucket: string },
  ) {
    const ofFeed = { feed: feeds };
    const byType = { feed: feeds, type: EVENT_TYPES };
    this.#writtenAtMs = new Map(feeds.map((feed) => [feed, performance.now()]));
    this.records = metrics.counter("records_written_total", "Records in finished files.", byType);
    this.gaps = metrics.counter("gaps_total", "Gap records written.", ofFeed);
    this.busGaps = metrics.counter(
      "bus_gaps_total",
      "Times in which records left the bus before they were archived.",
      ofFeed,
    );
    this.repaired = metrics.counter(
      "repaired_records_total",
      "Records that left the bus and were made again from raw.",
      ofFeed,
    );
    this.duplicates = metrics.counter(
      "duplicates_total",
      "Messages dropped because the archive holds them.",
    );
    this.deadLettered = metrics.counter(
      "dead_lettered_total",
      "Messages that could not be archived.",
      { reason: ["subject", "payload", "time", "late"] satisfies RejectReason[] },
    );
    this.files = metrics.counter("files_written_total", "Files written.", byType);
    this.bytes = metrics.counter("bytes_written_total", "Bytes of files written.", {
      bucket: [bucket],
    });
    this.lagSeconds = metrics.gauge(
      "lag_seconds",
      "Age of the oldest record that is not in a finished file.",
    );
    this.bufferedBytes = metrics.gauge(
      "buffered_bytes",
      "Bytes of records that are not in a finished file.",
    );
    this.storageErrors = metrics.counter(
      "storage_errors_total",
      "Storage actions that failed and are tried again.",
      ["code"],
    );
    this.batchSeconds = metrics.histogram(
      "round_seconds",
      "Time to write one round of files with its manifests.",
    );
    this.receiveToFile = metrics.histogram(
      "receive_to_file_seconds",
      "From receipt of a file's oldest record to the file in storage.",
      { labels: [], buckets: FILE_SECONDS_BUCKETS },
    );
    const age = metrics.gauge(
      "newest_file_age_seconds",
      "Time since a file of the feed was written, or since the start.",
      {
        labels: ["feed"],
        collect: () => {
          for (const [feed, atMs] of this.#writtenAtMs) {
            age.set({ feed }, (performance.now() - atMs) / 1000);
          }
        },
      },
    );
  }

  /** Notes that a file of a feed was written. */
  written(feed: string): void {
    this.#writtenAtMs.set(feed, performance.now());
  }
}

/** Buckets around a minute, the length of a window. */
const FILE_SECONDS_BUCKETS = [1, 5, 15, 30, 60, 75, 90, 120, 300, 900];
