import { type Logger, messageOf } from "@ssmd/runtime";
import { hasRecords, type MissedSource } from "./catch_up.ts";
import type { PassingTrouble } from "./passing_trouble.ts";
import type { SignalSet, WantedSignal } from "./signal_set.ts";
import type { SignalsMetrics } from "./signals_metrics.ts";
import type { SnapshotKeeper } from "./snapshot_keeper.ts";
import type { Snapshot } from "./snapshots.ts";

/** What opens the hosts of signals. */
interface Opening {
  source: MissedSource;
  set: SignalSet;
  snapshots: SnapshotKeeper;
  trouble: PassingTrouble;
  metrics: SignalsMetrics;
  logger: Logger;
}

/** How they were opened. */
interface Opened {
  /** What they go on from; undefined = from nothing. */
  snapshot: Snapshot | undefined;
  /** Whether the first of their records had others before it. */
  isCold: boolean;
  /** Whether other signals run than those of the snapshot. */
  isChanged: boolean;
}

/** Opens hosts with the newest snapshot that they can use. */
export async function openSet(opening: Opening, wanted: readonly WantedSignal[]): Promise<Opened> {
  const { source, set, snapshots, trouble, metrics, logger } = opening;
  for (const snapshot of await trouble.through(() => snapshots.load())) {
    const states = [snapshot.state];
    try {
      let { isCold } = snapshot;
      await trouble.through(() => set.open(wanted, { isCold, states }));
      const isChanged = set.fingerprint !== snapshot.ran;
      if (isChanged) {
        // What is new among them has missed what was before.
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
  const isCold = await hasRecords(source);
  await trouble.through(() => set.open(wanted, { isCold, states: [] }));
  return { snapshot: undefined, isCold, isChanged: false };
}
