import type { Health, Logger, Metrics, SsmdError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";

/** Options of {@linkcode createArchiver}. */
export interface ArchiverOptions {
  env: string;
  /** Feeds whose days are opened at the start and sealed at midnight; others on first record. */
  feeds: readonly string[];
  /** Bus to read. */
  transport: Transport;
  /** Storage to write to. */
  storage: Storage;
  /** Shard to archive, with that shard's transport; absent = no shards. */
  shard?: string | undefined;
  /** Shards of a feed, all of which must finish a day before it is complete. Default none. */
  shardsOf?: (feed: string) => readonly string[];
  /** Whether it archives only fires and actions, while shards archive the rest. */
  derivedOnly?: boolean;
  /** Default silent. */
  logger?: Logger;
  /** Prefix `archiver`; default a registry of its own. */
  metrics?: Metrics;
  /** Process health that the archiver adds its conditions to; default a private one. */
  health?: Health;
  /** Version of the software, for lineage and manifests. */
  version: string;
  /** Commit of the software. */
  commit: string;
  /** Wall clock, µs; default the system's. */
  clock?: () => number;
  /** Bytes of open windows above which they are written early; default from LIMITS. */
  windowBytesMax?: number;
  /**
   * Longest interval between writes of open windows, as further parts of their minutes; default
   * when their minute is over.
   */
  flushMs?: number;
  /**
   * Longest wait for the environment's other archiver to end; default 15 s, more than a lease
   * outlives its process. A holder of a system lock is alive: only `Infinity` waits for it.
   */
  leaseWaitMs?: number;
  /** By feed: our names of the subscribed markets; default unknown. */
  ordered?: ReadonlyMap<string, readonly string[]>;
}

/** Counts and state of an archiver. */
export interface ArchiverStats {
  /** Records put into windows since the start. */
  records: number;
  /** Fires and actions among them. */
  derived: number;
  /** Messages already in a window or the archive. */
  duplicates: number;
  /** Records archived without an id. */
  withoutId: number;
  /** Messages that could not be archived. */
  deadLettered: number;
  /** Files completely written since the start. */
  filesWritten: number;
  /** Bytes of these files. */
  bytesWritten: number;
  /** Bytes of records not yet in a complete file. */
  bufferedBytes: number;
  /** Whether delivery is paused because too much waits. */
  paused: boolean;
  /** Current storage failures; "" = none. */
  storageProblem: string;
}

/** Writes the bus's records to files, each exactly once. */
export interface Archiver {
  /**
   * Acquires the archive's lease, subscribes and starts. Rejects when the bus refuses for good,
   * with SsmdError `ARCHIVER_RUNNING` when another archiver keeps the lease. Resolves early when
   * storage or bus do not answer within seconds; it then keeps trying, unready.
   */
  start(): Promise<void>;
  /**
   * Resolves when the archiver cannot continue: end the process. Either another archiver took the
   * lease, as while this one was frozen (`ARCHIVER_SUPERSEDED`): this one writes nothing more, and
   * a new start waits for the lease. Or the start, after storage or bus had been away, failed.
   */
  readonly failed: Promise<SsmdError>;
  /** Consumes what the bus holds now, writes and acknowledges it. */
  flush(): Promise<void>;
  /**
   * Consumes what the bus still holds, writes and acknowledges it, and ends delivery. When storage
   * fails for `timeoutMs` (default 30 s) the rest stays unacknowledged and ArchiveError
   * `ARCHIVE_NOT_WRITTEN` is thrown.
   */
  close(options?: { timeoutMs?: number }): Promise<void>;
  /** Returns counts since the start and what is held now. */
  stats(): ArchiverStats;
}
