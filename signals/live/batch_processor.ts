import { type Logger, nowUs } from "@ssmd/runtime";
import type { PublishRefusal } from "@ssmd/transport";
import { coldStart, type MissedFrom, type MissedSource, publishedFires } from "./catch_up.ts";
import { FireQueue } from "./fire_queue.ts";
import { openSet } from "./open_set.ts";
import type { PassingTrouble } from "./passing_trouble.ts";
import type { SignalSet, WantedSignal } from "./signal_set.ts";
import type { SignalsMetrics } from "./signals_metrics.ts";
import type { SnapshotKeeper } from "./snapshot_keeper.ts";
import type { StreamItem } from "./stream_item.ts";
import type { StreamProgress } from "./stream_progress.ts";

/** Options of {@linkcode BatchProcessor}. */
interface BatchProcessorOptions {
  source: MissedSource;
  set: SignalSet;
  progress: StreamProgress;
  snapshots: SnapshotKeeper;
  trouble: PassingTrouble;
  metrics: SignalsMetrics;
  logger: Logger;
  /** Called with the items of each batch that the signals have processed. */
  onProcessed: (items: readonly StreamItem[]) => void;
  /** Called after a signal was quarantined. */
  onQuarantined: () => Promise<void>;
  /** Called with the last stream sequence that a snapshot covers. */
  onSaved: (sequence: number) => void;
}

/** How the signals start. */
interface Start {
  /** Position from which to catch up. */
  from: MissedFrom;
  /** Whether there was no snapshot. */
  isFirst: boolean;
  /** Whether other signals run than in the snapshot. */
  isChanged: boolean;
  /** Whether some of the wanted signals do not run yet, as they did not run in the snapshot. */
  isPartial: boolean;
}

/** Passes batches of the stream to the signals, publishes their fires and saves snapshots. */
export class BatchProcessor {
  #options: BatchProcessorOptions;
  #fires: FireQueue | undefined;
  #isCold = false;
  #silentUntilUs = 0;
  /** Records processed. */
  records = 0;

  constructor(options: BatchProcessorOptions) {
    this.#options = options;
  }

  /** Fires published, fires skipped as repeated, and the age of the oldest unstored one, s. */
  get fires(): { count: number; repeated: number; unstoredSeconds: number } {
    return this.#fires ?? { count: 0, repeated: 0, unstoredSeconds: 0 };
  }

  /** Whether a snapshot is due. */
  get isSnapshotDue(): boolean {
    return this.#options.snapshots.isDue;
  }

  /**
   * Opens the signals with their last snapshot. `hadRecords`: whether records existed when the
   * service started; undefined = unknown.
   */
  async open(wanted: readonly WantedSignal[], hadRecords: boolean | undefined): Promise<Start> {
    const { source, set, progress, trouble } = this.#options;
    const { env, transport, feeds } = source;
    const { createdAtUs } = await trouble.through(() => transport.state());
    const opened = await openSet({ ...this.#options, hadRecords }, wanted);
    const { snapshot, isCold, isChanged, isPartial } = opened;
    this.#isCold = isCold;
    // Do not publish fires from before a cold start: the signals did not run then.
    this.#silentUntilUs = snapshot?.silentUntilUs ?? (isCold ? nowUs() : 0);
    progress.stream = { createdAtUs, sequence: 0 };
    const from = snapshot ?? coldStart(feeds, isCold ? set.warmupUs : undefined);
    progress.feeds = { ...from.feeds };
    progress.watermarks = { ...snapshot?.watermarks };
    const published = await trouble.through(() => publishedFires(source, from));
    this.#fires = new FireQueue({
      ...{ env, transport, known: published },
      onRejected: (refusal) => this.#rejected(refusal),
    });
    await this.#fires.restore(snapshot?.fires ?? new Uint8Array(0));
    return { from, isFirst: snapshot === undefined, isChanged, isPartial };
  }

  /** Processes one batch. Calls `onTaken` when the hosts have the items. */
  async process(items: readonly StreamItem[], onTaken?: () => void): Promise<void> {
    if (items.length === 0) return;
    const { set, progress, snapshots, trouble, metrics, logger } = this.#options;
    const beganMs = performance.now();
    const result = await trouble.through(() => set.take(items, onTaken));
    this.#options.onProcessed(items);
    const { fires, quarantined, unreadable } = result;
    if (unreadable > 0) this.#skipped(unreadable);
    const now = fires.filter(({ receivedAtUs }) => receivedAtUs >= this.#silentUntilUs);
    const published = await this.#fires?.publish(now) ?? [];
    for (const fire of published) metrics.fires.inc({ signal: fire.signal });
    const records = progress.moveOn(items);
    this.records += records;
    snapshots.count(records);
    metrics.records.inc(records);
    for (const { signal, reason } of quarantined) {
      logger.error("a signal did harm and runs no more", { signal, reason });
      await this.#options.onQuarantined();
    }
    metrics.batchSeconds.observe((performance.now() - beganMs) / 1000);
  }

  /** Acknowledges only what a snapshot holds; the bus keeps the rest for a restart. */
  async saveSnapshot(): Promise<void> {
    const { set, snapshots } = this.#options;
    const progress = {
      ...this.#options.progress.copy(),
      ...{ isCold: this.#isCold, silentUntilUs: this.#silentUntilUs },
    };
    const isSaved = await snapshots.save(progress, { set, queue: this.#fires });
    if (isSaved && progress.stream.sequence > 0) this.#options.onSaved(progress.stream.sequence);
  }

  /** Waits until the published fires are stored. */
  async close(): Promise<void> {
    await this.#fires?.close();
  }

  #rejected({ id, reason, detail }: PublishRefusal): void {
    const { metrics, logger } = this.#options;
    metrics.errors.inc({ error_type: "rejected" });
    logger.error("a fire is not stored: the bus refuses it for what it is", {
      ...{ fire: id, reason, detail },
    });
  }

  #skipped(count: number): void {
    const { metrics, logger } = this.#options;
    metrics.errors.inc({ error_type: "decode" }, count);
    logger.warn("messages that are no records are skipped", { count });
  }
}
