import { type Logger, messageOf } from "@ssmd/runtime";
import { hasRecords, type MissedSource } from "./catch_up.ts";
import { sha256Of } from "../engine/fire_id.ts";
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
  /** Whether some of the wanted signals did not run: they need what came before the snapshot. */
  isPartial: boolean;
}

/** Opens the set with the newest usable snapshot. */
export async function openSet(opening: Opening, wanted: readonly WantedSignal[]): Promise<Opened> {
  const { source, set, snapshots, trouble, metrics, logger } = opening;
  for (const snapshot of await trouble.through(() => snapshots.load())) {
    const states = [snapshot.state];
    try {
      const { isCold } = snapshot;
      await trouble.through(() => set.open(wanted, { isCold, states }));
      if (set.fingerprint === snapshot.ran) {
        return { snapshot, isCold, isChanged: false, isPartial: false };
      }
      const known = await knownOf(opening, wanted, snapshot);
      // Signals that are new have missed the earlier records.
      const options = { isCold: true, states };
      await trouble.through(() => set.open(known, options));
      return { snapshot, isCold: true, isChanged: true, isPartial: known.length < wanted.length };
    } catch (error) {
      metrics.errors.inc({ error_type: "snapshot" });
      const { number } = snapshot;
      logger.warn("a snapshot cannot be used", { number, error: messageOf(error) });
    }
  }
  const isCold = opening.hadRecords ?? await hasRecords(source);
  await trouble.through(() => set.open(wanted, { isCold, states: [] }));
  return { snapshot: undefined, isCold, isChanged: false, isPartial: false };
}

/** Those of the wanted and opened signals that ran in a snapshot; all if that is unknown. */
async function knownOf(
  { set, trouble }: Opening,
  wanted: readonly WantedSignal[],
  { ran }: Snapshot,
): Promise<readonly WantedSignal[]> {
  const switches = await trouble.through(() => set.switches());
  const last = switches.findLast(({ signals }) => sha256Of(JSON.stringify(signals)) === ran);
  if (last === undefined) return wanted;
  const fingerprints = new Set(last.signals.map((each) => JSON.stringify(each)));
  const fresh = set.running().filter((each) => !fingerprints.has(JSON.stringify(each)));
  return wanted.filter((signal) => !fresh.some(({ id }) => id === signal.id));
}
