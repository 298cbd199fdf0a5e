import type { Health, Logger, Metrics, SsmdError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";

/** Options of {@linkcode createArchiver}. */
export interface ArchiverOptions {
  /** Environment. */
  env: string;
  /** Feeds whose days are opened at the start and sealed at midnight; others on their first record. */
  feeds: readonly string[];
  /** The bus it reads. */
  transport: Transport;
  /** Where the files go. */
  storage: Storage;
  /** The shard whose records it archives, from a transport of that shard; absent = there are none. */
  shard?: string | undefined;
  /** Shards of a feed: a day is complete when all of them are through with it. Default none. */
  shardsOf?: (feed: string) => readonly string[];
  /** Whether it takes fires and actions alone, as shards archive the rest. */
  derivedOnly?: boolean;
  /** Default silent. */
  logger?: Logger;
  /** Prefix `archiver`; default a registry of its own. */
  metrics?: Metrics;
  /** The process's health, to which the archiver adds its conditions; default one that nobody asks. */
  health?: Health;
  /** Version of the software, for lineage and manifests. */
  version: string;
  /** Commit of the software. */
  commit: string;
  /** Wall clock, µs; default the system's. */
  clock?: () => number;
  /** Bytes of open windows before they are written early; default from LIMITS. */
  windowBytesMax?: number;
  /**
   * Open windows are written at least this often, as further parts of their minutes; by default
   * when their minute is over.
   */
  flushMs?: number;
  /**
   * Longest wait for another archiver of the environment to end; default 15 s, more than a lease
   * outlives its process. One that has a lock of the system is alive: only `Infinity` waits for it.
   */
  leaseWaitMs?: number;
  /** By feed: our names of the markets that are ordered; default not known. */
  ordered?: ReadonlyMap<string, readonly string[]>;
}

/** What an archiver has done and holds. */
export interface ArchiverStats {
  /** Records put into windows since the start. */
  records: number;
  /** Fires and actions among them. */
  derived: number;
  /** Messages that window or archive held already. */
  duplicates: number;
  /** Records archived without an id. */
  withoutId: number;
  /** Messages that could not be archived. */
  deadLettered: number;
  /** Files whole in storage since the start. */
  filesWritten: number;
  /** Bytes of them. */
  bytesWritten: number;
  /** Bytes of records that are not yet in a finished file. */
  bufferedBytes: number;
  /** Whether delivery is stopped because too much waits. */
  paused: boolean;
  /** Why storage refuses now; "" = it does not. */
  storageProblem: string;
}

/** The service that makes files of the bus's records, each exactly once. */
export interface Archiver {
  /**
   * Waits for the archive's lease, subscribes and begins. Rejects when the bus refuses for good, with
   * SsmdError `ARCHIVER_RUNNING` when another archiver keeps the lease. Resolves before that when
   * storage or bus do not answer within seconds: it waits on for them, unready.
   */
  start(): Promise<void>;
  /**
   * Resolves when it can work no more: end the process. Another archiver has taken the lease over, as
   * while this one was frozen (`ARCHIVER_SUPERSEDED`): it writes nothing any more, and a new start waits
   * for the lease. Or what it begins with, after storage or bus had been away, is refused for good.
   */
  readonly failed: Promise<SsmdError>;
  /** Takes what the bus holds now, writes and acknowledges it. */
  flush(): Promise<void>;
  /**
   * Takes what the bus still holds, writes it, acknowledges, ends delivery. When storage refuses
   * for `timeoutMs` (default 30 s) the rest stays unacknowledged and ArchiveError
   * `ARCHIVE_NOT_WRITTEN` is thrown.
   */
  close(options?: { timeoutMs?: number }): Promise<void>;
  /** Counts since the start, and what is held now. */
  stats(): ArchiverStats;
}
