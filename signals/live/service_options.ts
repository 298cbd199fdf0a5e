import type { Health, Logger, Metrics } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import type { WantedSignal } from "./signal_set.ts";

/** Options of {@linkcode SignalService}. */
export interface SignalServiceOptions {
  env: string;
  /** Feeds to read. */
  feeds: readonly string[];
  /** Default `main`. */
  shard?: string;
  /** Number of hosts that split the markets; default 1. */
  hosts?: number;
  transport: Transport;
  storage: Storage;
  /** Reads the wanted signals from files and environment, at the start and on each deploy. */
  readSignals: () => Promise<readonly WantedSignal[]>;
  logger: Logger;
  metrics: Metrics;
  health?: Health;
  /** Maximum queued bytes before consumption pauses; default 128 MiB. */
  waitingBytesMax?: number;
  /** Interval between snapshots; default 10 s. */
  snapshotMs?: number;
  /**
   * Resolves when everything the bus has delivered is archived. Needed on the first deploy with a
   * bus without storage: earlier records are then read from the archive.
   */
  archiveAll?: () => Promise<void>;
}

/** Counters of a running service. */
export interface SignalServiceStats {
  records: number;
  fires: number;
  /** Fires repeated after a restart, not published again. */
  repeated: number;
  waiting: number;
  lagSeconds: number;
}
