import { Metrics } from "@ssmd/runtime";

/** The archiver's metrics; counted a file or a round, not a message. */
export class ArchiverMetrics {
  readonly records;
  readonly duplicates;
  readonly deadLettered;
  readonly files;
  readonly bytes;
  readonly lagSeconds;
  readonly bufferedBytes;
  readonly storageErrors;
  readonly roundSeconds;
  readonly receiveToFile;
  readonly gaps;
  readonly busGaps;
  readonly repaired;

  /** Registers them in `metrics`. */
  constructor(metrics: Metrics = new Metrics("archiver")) {
    this.records = metrics.counter("records_written_total", "Records in finished files.", [
      "feed",
      "type",
    ]);
    this.gaps = metrics.counter("gaps_total", "Gap records written.", ["feed"]);
    this.busGaps = metrics.counter(
      "bus_gaps_total",
      "Times in which records left the bus before they were archived.",
      ["feed"],
    );
    this.repaired = metrics.counter(
      "repaired_records_total",
      "Records that left the bus and were made again from raw.",
      ["feed"],
    );
    this.duplicates = metrics.counter(
      "duplicates_total",
      "Messages dropped because the archive holds them.",
    );
    this.deadLettered = metrics.counter(
      "dead_lettered_total",
      "Messages that could not be archived.",
      ["reason"],
    );
    this.files = metrics.counter("files_written_total", "Files written.", ["feed", "type"]);
    this.bytes = metrics.counter("bytes_written_total", "Bytes of files written.", ["bucket"]);
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
    this.roundSeconds = metrics.histogram(
      "round_seconds",
      "Time to write one round of files with its manifests.",
    );
    this.receiveToFile = metrics.histogram(
      "receive_to_file_seconds",
      "From receipt of a file's oldest record to the file in storage.",
      { labels: [], buckets: FILE_SECONDS_BUCKETS },
    );
  }
}

/** Windows are a minute long: what is usual lies around that. */
const FILE_SECONDS_BUCKETS = [1, 5, 15, 30, 60, 75, 90, 120, 300, 900];
