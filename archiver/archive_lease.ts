import { CellLease, type Logger, messageOf, sleep, SsmdError } from "@ssmd/runtime";
import { type Storage, storageCell, type StorageLock } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";

/** Options of {@linkcode ArchiveLease}. */
interface ArchiveLeaseOptions {
  env: string;
  shard: string;
  storage: Storage;
  transport: Transport;
  logger: Logger;
  /** Called when storage or bus do not answer; the request is repeated. */
  onAway: (error: unknown) => void;
  /** Called when another archiver has the lease: this one must write nothing more. */
  onLost: (holder: string) => void;
  /** Time without an answer that counts as away, ms; default 5,000. */
  answerMsMax?: number;
}

const ANSWER_MS_MAX = 5_000;
const RELEASE_MS_MAX = 2_000;
const LOOK_MS = 500;
const REPORTED_EVERY_MS = 30_000;

/** Another archiver that holds the lease. */
interface Holder {
  name: string;
  /** Holds a system lock, which ends with its process, or renews its lease. */
  isAlive: boolean;
  /** Whether choosing another folder would avoid the conflict. */
  isOfFolder: boolean;
}

/**
 * Lease that lets one archiver alone write an environment's archive and read its durable consumer:
 * a system lock for local files, a compare-and-swap lease in S3, and one on a bus that processes
 * share. The token of the S3 lease is written with every manifest.
 */
export class ArchiveLease {
  /** Why the lease is not held, naming the holder; "" = held. */
  problem = "the lease is not held yet";
  #options: ArchiveLeaseOptions;
  #holder = `process ${Deno.pid} on ${Deno.hostname()}`;
  #lock: StorageLock | undefined;
  #inStorage: CellLease | undefined;
  #onBus: CellLease | undefined;
  #abort = new AbortController();
  #wasAway = false;

  constructor(options: ArchiveLeaseOptions) {
    this.#options = options;
  }

  /** Fencing token, rises with each holder; undefined = no other process can write late. */
  get token(): number | undefined {
    return this.#inStorage?.token;
  }

  /**
   * Waits until the lease is held. Throws SsmdError `ARCHIVER_RUNNING` when another archiver holds
   * it longer than `waitMs`, at once when that one is surely alive and the wait is finite, and when
   * `release` ends the wait; StorageError `STORAGE_UNSUPPORTED` when the storage lacks conditional
   * writes, so that two archivers could not be kept apart. After storage or bus was reported away
   * the wait has no limit, as the caller no longer awaits an error.
   */
  async acquire(waitMs: number): Promise<void> {
    const { logger, env } = this.#options;
    const deadlineMs = performance.now() + waitMs;
    let reportedMs = -Infinity;
    for (;;) {
      const answer = await this.#ask();
      if (answer.isOurs && !this.#abort.signal.aborted) {
        this.problem = "";
        if (this.#wasAway) logger.info("the archive's lease is held: archiving starts");
        return;
      }
      this.problem = answer.problem;
      const { holder } = answer;
      const waitsOn = waitMs === Infinity || this.#wasAway;
      const isLate = !waitsOn && (holder?.isAlive === true || performance.now() > deadlineMs);
      if (this.#abort.signal.aborted || holder !== undefined && isLate) {
        await this.release();
        throw new SsmdError("ARCHIVER_RUNNING", `No lease on the archive: ${answer.problem}`, {
          hint: holder?.isOfFolder === true
            ? "Stop it first, or choose another folder with --data"
            : "Stop the other one first; one archiver writes an environment's archive",
          context: { env },
        });
      }
      if (holder !== undefined && performance.now() - reportedMs > REPORTED_EVERY_MS) {
        reportedMs = performance.now();
        logger.warn("another archiver is at work: this one waits until it ends", {
          problem: answer.problem,
        });
      }
      await sleep(LOOK_MS, this.#abort.signal);
    }
  }

  async #ask(): Promise<{ isOurs: boolean; holder?: Holder; problem: string }> {
    const { env, answerMsMax = ANSWER_MS_MAX } = this.#options;
    const late = setTimeout(() => this.#away(unanswered(answerMsMax)), answerMsMax);
    try {
      this.#abort.signal.throwIfAborted();
      const holder = await this.#untilReleased(this.#tryAll());
      if (holder === undefined) return { isOurs: true, problem: "" };
      return { isOurs: false, holder, problem: `${holder.name} archives "${env}"` };
    } catch (error) {
      if (isForGood(error)) throw error;
      if (!this.#abort.signal.aborted) this.#away(error);
      return { isOurs: false, problem: messageOf(error) };
    } finally {
      clearTimeout(late);
    }
  }

  #away(error: unknown): void {
    this.#wasAway = true;
    this.#options.onAway(error);
  }

  /** Returns the result of `asking`; on `release` rejects and releases a late result. */
  async #untilReleased<T>(asking: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    const released = Promise.withResolvers<never>();
    const end = () => {
      asking.then(() => this.release(), () => {});
      released.reject(signal.reason);
    };
    signal.addEventListener("abort", end, { once: true });
    try {
      return await Promise.race([asking, released.promise]);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  /** Releases the lease and ends a wait for it, without waiting for an absent storage or bus. */
  async release(): Promise<void> {
    this.#abort.abort();
    const done = new AbortController();
    const released = this.#releaseCells().finally(() => done.abort());
    await Promise.race([released, sleep(RELEASE_MS_MAX, done.signal)]);
    this.#lock?.release();
    this.#lock = undefined;
  }

  async #releaseCells(): Promise<void> {
    await this.#onBus?.release();
    await this.#inStorage?.release();
  }

  /** Acquires all parts; returns the holder of one that is taken, undefined when all are held. */
  async #tryAll(): Promise<Holder | undefined> {
    const { env, shard, storage, transport } = this.#options;
    const holder = this.#holder;
    const onLost = (other: string) => this.#lost(other);
    if (storage.lock !== undefined && this.#lock === undefined) {
      const answer = await storage.lock(`archiver-${env}-${shard}`, holder);
      if ("heldBy" in answer) return { name: answer.heldBy, isAlive: true, isOfFolder: true };
      this.#lock = answer;
    }
    if (storage.type === "s3") {
      const cell = () => storageCell(storage, `normalized/${env}/archiver-${shard}.lease.json`);
      this.#inStorage ??= new CellLease({ cell: cell(), holder, onLost });
      const other = await holderOf(this.#inStorage);
      if (other !== undefined) return other;
    }
    const cell = transport.leaseCell?.(`archiver-${shard}`);
    if (cell === undefined) return undefined;
    // With the lock held here, a lease holder on the same files is a dead process.
    const scope = this.#lock === undefined ? "" : `${Deno.hostname()}:${storage.location}`;
    this.#onBus ??= new CellLease({ cell, holder, scope, onLost });
    return await holderOf(this.#onBus);
  }

  #lost(holder: string): void {
    this.problem = `${holder} has taken the archive of "${this.#options.env}" over`;
    this.#options.onLost(holder);
  }
}

/** Whether retrying is useless: the server overwrites existing objects unconditionally. */
function isForGood(error: unknown): boolean {
  return error instanceof SsmdError && error.code === "STORAGE_UNSUPPORTED";
}

async function holderOf(lease: CellLease): Promise<Holder | undefined> {
  const name = lease.held ? undefined : await lease.tryAcquire();
  if (name === undefined) return undefined;
  return { name, isAlive: lease.isHolderAlive, isOfFolder: false };
}

/** Returns the error that ends an archiver whose lease was taken over. */
export function supersededBy(holder: string, env: string): SsmdError {
  return new SsmdError("ARCHIVER_SUPERSEDED", `${holder} has taken over the archive`, {
    hint: "Nothing is lost; a new start waits until the other one ends",
    context: { env },
  });
}

function unanswered(afterMs: number): SsmdError {
  return new SsmdError("LEASE_UNANSWERED", `No answer within ${afterMs} ms`, {
    hint: "See that the storage and the bus can be reached; archiving then starts by itself",
    retryable: true,
  });
}
