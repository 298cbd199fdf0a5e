import { type Logger, messageOf } from "@ssmd/runtime";
import { hasRecords, type MissedSource } from "./catch_up.ts";
import type { PassingTrouble } from "./passing_trouble.ts";
import type { SignalSet, WantedSignal } from "./signal_set.ts";
import type { SignalsMetrics } from "./signals_metrics.ts";
import type { SnapshotKeeper } from "./snapshot_keeper.ts";
import type { Snapshot } from "./snapshots.ts";

/** Dependencies of `openSet`. */
interface Opening {
  source: MissedSource;
  set: SignalSet;
  snapshots: SnapshotKeeper;
  trouble: PassingTrouble;
  metrics: SignalsMetrics;
  logger: Logger;
  /** Whether records existed when the service started; undefined = unknown. */
  hadRecords: boolean | undefined;
}

/** Result of `openSet`. */
interface Opened {
  /** Snapshot it resumed from; undefined when there is none. */
  snapshot: Snapshot | undefined;
  /** Whether records existed before the first one the signals saw. */
  isCold: boolean;
  /** Whether other signals run than in the snapshot. */
  isChanged: boolean;
}

/** Opens the set with the newest usable snapshot. */
export async function openSet(opening: Opening, wanted: readonly WantedSignal[]): Promise<Opened> {
  const { source, set, snapshots, trouble, metrics, logger } = opening;
  for (const snapshot of await trouble.through(() => snapshots.load())) {
    const states = [snapshot.state];
    try {
      let { isCold } = snapshot;
      await trouble.through(() => set.open(wanted, { isCold, states }));
      const isChanged = set.fingerprint !== snapshot.ran;
      if (isChanged) {
        // New signals have missed the earlier records.
        isCold = true;
        await trouble.through(() => set.open(wanted, { isCold, states }));
      }
      return { snapshot, isCold, isChanged };
    } catch (error) {
      metrics.errors.inc({ error_type: "snapshot" });
      const { number } = snapshot;
      logger.warn("a snapshot cannot be used", { number, error: messageOf(error) });
    }
  }
  const isCold = opening.hadRecords ?? await hasRecords(source);
  await trouble.through(() => set.open(wanted, { isCold, states: [] }));
  return { snapshot: undefined, isCold, isChanged: false };
}
