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
import { type FlushBatch, writeRound } from "./flush_batch.ts";

/** What rounds are made with. */
interface FlushSchedulerOptions {
  router: WindowRouter;
  storage: Storage;
  storageRetry: StorageRetry;
  source: LineageSource;
  logger: Logger;
  metrics: ArchiverMetrics;
  nowUs: () => number;
  /** When the stream was made that is read, µs; undefined = it keeps nothing. */
  createdAtUs: () => number | undefined;
  /** Of the lease; undefined = no other process can write here. */
  token: () => number | undefined;
  /** "" = there are no shards. */
  shard: string;
  /** Shards of a feed. */
  shardsOf: (feed: string) => readonly string[];
  /** Whether days get their last status here. */
  endsDays: boolean;
  /** By feed: markets that are ordered; undefined = not known. */
  ordered: ReadonlyMap<string, readonly string[]> | undefined;
  /** Called when a round is whole in storage; rejects when its end cannot be told to the bus. */
  acknowledge: (streamSequence: number) => Promise<void>;
  /** Called when a round has ended, well or not. */
  onEnd: () => void;
  /** A day got its last status, which is in storage. */
}

/** Cuts windows out of the router and writes them, one round at a time. */
export class FlushScheduler {
  /** Bytes of records in the round that is being written. */
  bytes = 0;
  files = 0;
  /** FlushScheduler that ended, well or not. */
  ended = 0;
  bytesWritten = 0;
  /** Why the last round could not be written and never will be; undefined = none. */
  failure: unknown;
  #options: FlushSchedulerOptions;
  #current: Promise<void> | undefined;
  #acknowledged = 0;

  /** With nothing to be written yet. */
  constructor(options: FlushSchedulerOptions) {
    this.#options = options;
  }

  /** Whether a round is being written. */
  get busy(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when no round is being written; rejects with what made one fail. */
  async idle(): Promise<void> {
    while (this.#current !== undefined) await this.#current;
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * Begins a round of the windows up to the minute that `upTo` says for a day, unless one is being
   * written or there is nothing to write or acknowledge.
   */
  begin(upTo: (day: Day) => number | undefined): void {
    if (this.busy || this.failure !== undefined) return;
    const { router } = this.#options;
    const windows = router.cut(upTo);
    const sealed = this.#overDays(windows);
    const streamSequence = router.acknowledgeable();
    if (windows.length + sealed.length === 0 && streamSequence <= this.#acknowledged) return;
    this.bytes = windows.reduce((sum, { builder }) => sum + builder.bytes, 0);
    const createdAtUs = this.#options.createdAtUs();
    this.#current = this.#write({ windows, sealed, streamSequence, createdAtUs });
  }

  /** Days that are over, have nothing open and no last status yet; those that have are forgotten. */
  #overDays(cut: readonly Window[]): Day[] {
    const { router, nowUs, endsDays } = this.#options;
    const over = [...router.days()].filter((day) => day.open === 0 && isDayOver(day.name, nowUs()));
    for (const day of over) {
      const written = cut.some((window) => window.day === day);
      if ((!endsDays || this.#isEnded(day)) && !written) router.forget(day);
    }
    return endsDays ? over.filter((day) => !this.#isEnded(day)) : [];
  }

  /** Whether all that this archiver has to say of a day that is over is said. */
  #isEnded({ manifest }: Day): boolean {
    const { shard } = this.#options;
    return manifest.status !== "open" || progressOf(manifest, shard).isOver === true;
  }

  async #write(round: FlushBatch): Promise<void> {
    const { storage, storageRetry, source, metrics, nowUs, acknowledge, logger } = this.#options;
    const { version, commit } = source.software;
    const start = performance.now();
    try {
      await writeRound(round, {
        storage,
        source,
        writtenBy: `${version}+${commit}`,
        nowUs,
        ...{ token: this.#options.token(), shard: this.#options.shard },
        shardsOf: this.#options.shardsOf,
        ordered: this.#options.ordered,
        insist: (what, action) => storageRetry.run(what, action),
        onFile: (file, day) => this.#written(file, day),
      });
      await acknowledge(round.streamSequence);
      this.#acknowledged = round.streamSequence;
      if (round.windows.length > 0) {
        metrics.roundSeconds.observe((performance.now() - start) / 1000);
      }
    } catch (error) {
      this.failure = error;
      logger.error(`the archiver stopped: ${messageOf(error)}`, { error });
    } finally {
      this.bytes = 0;
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
