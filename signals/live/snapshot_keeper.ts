import type { Logger } from "@ssmd/runtime";
import { archivedFires, type MissedSource } from "./catch_up.ts";
import type { FireQueue } from "./fire_queue.ts";
import type { SignalSet } from "./signal_set.ts";
import type { SignalsMetrics } from "./signals_metrics.ts";
import { type Snapshot, Snapshots } from "./snapshots.ts";

/** Options of {@linkcode SnapshotKeeper}. */
interface SnapshotKeeperOptions extends MissedSource {
  shard: string;
  logger: Logger;
  metrics: SignalsMetrics;
  /** Interval between snapshots; default 10 s. */
  snapshotMs?: number;
}

const SNAPSHOT_MS = 10_000;
const FORGET_MS = 60_000;
const RECORDS_PER_SNAPSHOT = 100_000;

/** Writes periodic snapshots to resume from. */
export class SnapshotKeeper {
  #options: SnapshotKeeperOptions;
  #snapshots: Snapshots;
  #dueMs = 0;
  #forgetDueMs = 0;
  #records = 0;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#snapshots = new Snapshots(options.storage, options);
  }

  /** Returns the intact snapshots, newest first. Throws StorageError when storage fails. */
  load(): Promise<Snapshot[]> {
    return this.#snapshots.load();
  }

  /** Whether a snapshot is due. */
  get isDue(): boolean {
    return performance.now() >= this.#dueMs || this.#records >= RECORDS_PER_SNAPSHOT;
  }

  /** Counts processed records. */
  count(records: number): void {
    this.#records += records;
  }

  /** Writes a snapshot; returns false on failure, to retry when next due. */
  async save(
    progress: Omit<Snapshot, "number" | "fires" | "ran" | "state">,
    { set, queue }: { set: SignalSet; queue: FireQueue | undefined },
  ): Promise<boolean> {
    const { logger, metrics, snapshotMs = SNAPSHOT_MS } = this.#options;
    this.#records = 0;
    this.#dueMs = performance.now() + snapshotMs;
    try {
      // Behind a snapshot no record is evaluated again, so its fires must be stored.
      await queue?.flush();
      await this.#forgetArchived(queue);
      const state = await set.state();
      const fires = queue?.keptBytes() ?? new Uint8Array(0);
      await this.#snapshots.save({ ...progress, state, fires, ran: set.fingerprint });
      metrics.snapshots.inc();
      return true;
    } catch (error) {
      metrics.errors.inc({ error_type: "snapshot" });
      logger.warn("a snapshot cannot be written; it is tried again", { error });
      return false;
    }
  }

  /** Drops kept fires that are archived by now; at most once a minute. */
  async #forgetArchived(queue: FireQueue | undefined): Promise<void> {
    const fromUs = queue?.keptFromUs;
    if (fromUs === undefined || performance.now() < this.#forgetDueMs) return;
    this.#forgetDueMs = performance.now() + FORGET_MS;
    queue?.archived(await archivedFires(this.#options, fromUs));
  }
}
