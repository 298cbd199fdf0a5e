import type { Health, Logger, Metrics } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import type { WantedSignal } from "./signal_set.ts";

/** What the service of signals is made of. */
export interface SignalServiceOptions {
  env: string;
  /** Feeds whose records it reads. */
  feeds: readonly string[];
  /** Default `main`. */
  shard?: string;
  /** How many hosts share the markets among them; default 1. */
  hosts?: number;
  transport: Transport;
  storage: Storage;
  /** Reads files and environment: what should run now. Asked at the start and with each deploy. */
  readSignals: () => Promise<readonly WantedSignal[]>;
  logger: Logger;
  metrics: Metrics;
  health?: Health;
  /** Bytes that wait before the bus is asked to keep the rest; default 128 MiB. */
  waitingBytesMax?: number;
  /** Time between two snapshots; default 10 s. */
  snapshotMs?: number;
  /**
   * Resolves when all that the bus has delivered is archived. For signals that are deployed in an
   * environment that had none, where the bus keeps nothing: what came before is read from there.
   */
  archiveAll?: () => Promise<void>;
}

/** Figures of a running service. */
export interface SignalServiceStats {
  records: number;
  fires: number;
  /** Fires that came once more behind a restart, and were not told again. */
  repeated: number;
  waiting: number;
  lagSeconds: number;
}
