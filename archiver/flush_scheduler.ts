import { type Logger, messageOf } from "@ssmd/runtime";
import {
  isDayOver,
  type LineageSource,
  type ManifestFile,
  progressOf,
  usOfNsText,
} from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { ArchiverMetrics } from "./archiver_metrics.ts";
import type { Day, Window } from "./day.ts";
import type { StorageRetry } from "./storage_retry.ts";
import type { WindowRouter } from "./window_router.ts";
import { type FlushBatch, writeBatch } from "./flush_batch.ts";

/** Options of {@linkcode FlushScheduler}. */
interface FlushSchedulerOptions {
  router: WindowRouter;
  storage: Storage;
  storageRetry: StorageRetry;
  source: LineageSource;
  logger: Logger;
  metrics: ArchiverMetrics;
  nowUs: () => number;
  /** Returns the identity of the stream, µs; undefined = it keeps nothing. */
  createdAtUs: () => number | undefined;
  /** Returns the lease's fencing token; undefined = no other process can write here. */
  token: () => number | undefined;
  /** "" = no shards. */
  shard: string;
  /** Shards of a feed. */
  shardsOf: (feed: string) => readonly string[];
  /** Whether days get their final status here. */
  endsDays: boolean;
  /** By feed: subscribed markets; undefined = unknown. */
  ordered: ReadonlyMap<string, readonly string[]> | undefined;
  /** Called when a batch is in storage; rejects when the acknowledgement cannot be sent. */
  acknowledge: (streamSequence: number) => Promise<void>;
  /** Called when a batch has ended, written or failed. */
  onEnd: () => void;
}

/** Cuts windows out of the router and writes them, one batch at a time. */
export class FlushScheduler {
  /** Bytes of records in the batch being written. */
  bytes = 0;
  /** Receipt of the oldest record in it, µs; Infinity = none is being written. */
  oldestUs = Infinity;
  files = 0;
  /** Number of batches that ended, written or failed. */
  ended = 0;
  bytesWritten = 0;
  /** Error of a batch that cannot be written at all; undefined = none. */
  failure: unknown;
  #options: FlushSchedulerOptions;
  #current: Promise<void> | undefined;
  #acknowledged = 0;

  constructor(options: FlushSchedulerOptions) {
    this.#options = options;
  }

  /** Whether a batch is being written. */
  get busy(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when no batch is being written; rejects with the error of a failed one. */
  async idle(): Promise<void> {
    while (this.#current !== undefined) await this.#current;
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * Starts a batch of each day's windows up to the minute `upTo`, unless one is being written or
   * there is nothing to write or acknowledge.
   */
  begin(upTo: (day: Day) => number | undefined): void {
    if (this.busy || this.failure !== undefined) return;
    const { router } = this.#options;
    const windows = router.cut(upTo);
    const sealed = this.#overDays(windows);
    const streamSequence = router.acknowledgeable();
    if (windows.length + sealed.length === 0 && streamSequence <= this.#acknowledged) return;
    this.bytes = windows.reduce((sum, { builder }) => sum + builder.bytes, 0);
    this.oldestUs = Math.min(...windows.map(({ builder }) => builder.firstUs));
    const createdAtUs = this.#options.createdAtUs();
    this.#current = this.#write({ windows, sealed, streamSequence, createdAtUs });
  }

  /** Returns ended days without windows and final status; forgets those that have it. */
  #overDays(cut: readonly Window[]): Day[] {
    const { router, nowUs, endsDays } = this.#options;
    const over = [...router.days()].filter((day) => day.open === 0 && isDayOver(day.name, nowUs()));
    for (const day of over) {
      const written = cut.some((window) => window.day === day);
      if ((!endsDays || this.#isEnded(day)) && !written) router.forget(day);
    }
    return endsDays ? over.filter((day) => !this.#isEnded(day)) : [];
  }

  /** Whether this archiver has set its part of an ended day's final status. */
  #isEnded({ manifest }: Day): boolean {
    const { shard } = this.#options;
    return manifest.status !== "open" || progressOf(manifest, shard).isOver === true;
  }

  async #write(batch: FlushBatch): Promise<void> {
    const { storage, storageRetry, source, metrics, nowUs, acknowledge, logger } = this.#options;
    const { version, commit } = source.software;
    const start = performance.now();
    try {
      await writeBatch(batch, {
        storage,
        source,
        writtenBy: `${version}+${commit}`,
        nowUs,
        ...{ token: this.#options.token(), shard: this.#options.shard },
        shardsOf: this.#options.shardsOf,
        ordered: this.#options.ordered,
        retry: (what, action) => storageRetry.run(what, action),
        onFile: (file, day) => this.#written(file, day),
      });
      await acknowledge(batch.streamSequence);
      this.#acknowledged = batch.streamSequence;
      if (batch.windows.length > 0) {
        metrics.batchSeconds.observe((performance.now() - start) / 1000);
      }
    } catch (error) {
      this.failure = error;
      logger.error(`the archiver stopped: ${messageOf(error)}`, { error });
    } finally {
      this.bytes = 0;
      this.oldestUs = Infinity;
      this.#current = undefined;
      this.ended++;
      this.#options.onEnd();
    }
  }

  #written(file: ManifestFile, day: Day): void {
    const { metrics, storage, nowUs } = this.#options;
    const labels = { feed: day.manifest.feed, type: file.type ?? "" };
    this.files++;
    this.bytesWritten += file.bytes;
    metrics.written(labels.feed);
    metrics.files.inc(labels);
    metrics.records.inc(labels, file.count);
    metrics.bytes.inc({ bucket: storage.location }, file.bytes);
    metrics.receiveToFile.observe((nowUs() - usOfNsText(file.from)) / 1e6);
    if (file.type === "gap") metrics.gaps.inc({ feed: labels.feed }, file.count);
  }
}
