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
  /** Storage or bus cannot be asked now; they are asked again. */
  onAway: (error: unknown) => void;
  /** Another archiver has taken the archive over: nothing may be written any more. */
  onLost: (holder: string) => void;
  /** Milliseconds after which a question without an answer is told as away; default 5,000. */
  answerMsMax?: number;
}

const ANSWER_MS_MAX = 5_000;
const RELEASE_MS_MAX = 2_000;
const LOOK_MS = 500;
const REPORTED_EVERY_MS = 30_000;

/** Another archiver that keeps us from the lease. */
interface Holder {
  name: string;
  /** Has a lock of the system, which ends with its process, or gives signs of life. */
  isAlive: boolean;
  /** Whether another folder would keep us apart. */
  isOfFolder: boolean;
}

/**
 * Makes sure that one archiver alone writes an environment's archive and reads its durable consumer:
 * a lock of the system where files are local, a compare-and-swap lease in S3, and one on a bus that
 * several processes share. The token of the lease in S3 is written with every manifest.
 */
export class ArchiveLease {
  /** Who keeps us from the lease, as a sentence; "" = nobody. */
  problem = "the lease is not held yet";
  #options: ArchiveLeaseOptions;
  #holder = `process ${Deno.pid} on ${Deno.hostname()}`;
  #lock: StorageLock | undefined;
  #inStorage: CellLease | undefined;
  #onBus: CellLease | undefined;
  #abort = new AbortController();
  #wasAway = false;

  /** Not held yet. */
  constructor(options: ArchiveLeaseOptions) {
    this.#options = options;
  }

  /** Rises with each holder; undefined = no other process can write here by late accident. */
  get token(): number | undefined {
    return this.#inStorage?.token;
  }

  /**
   * Waits until the lease is held. Throws SsmdError `ARCHIVER_RUNNING` when another one holds it for
   * longer than `waitMs`, at once when that one is alive for sure and the wait has an end, and when
   * the wait is ended by `release`; StorageError `STORAGE_UNSUPPORTED` where the storage's server knows
   * no conditional writes, so that two archivers could not be kept apart. Who was told that storage or bus is away waits for no error any
   * more: after that it waits without limit.
   */
  async acquire(waitMs: number): Promise<void> {
    const { logger, env } = this.#options;
    const deadlineMs = performance.now() + waitMs;
    let reportedMs = -Infinity;
    for (;;) {
      const answer = await this.#ask();
      if (answer.isOurs && !this.#abort.signal.aborted) {
        this.problem = "";
        if (this.#wasAway) logger.info("the archive's lease is held: archiving begins");
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

  /** The answer; rejects at the release, and what a later answer takes is given free again. */
  async #untilReleased<T>(asking: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    const released = Promise.withResolvers<never>();
    const end = () => {
      asking.then(() => this.release(), () => {});
      released.reject(new Error("the wait for the lease was ended"));
    };
    signal.addEventListener("abort", end, { once: true });
    try {
      return await Promise.race([asking, released.promise]);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  /** Gives it free; ends a wait for it. Storage or bus that do not answer are not waited for. */
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

  /** Who holds one of its parts; undefined = all are ours. */
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
    // Who has our lock is alive: a holder of the same files is not.
    const scope = this.#lock === undefined ? "" : `${Deno.hostname()}:${storage.location}`;
    this.#onBus ??= new CellLease({ cell, holder, scope, onLost });
    return await holderOf(this.#onBus);
  }

  #lost(holder: string): void {
    this.problem = `${holder} has taken the archive of "${this.#options.env}" over`;
    this.#options.onLost(holder);
  }
}

/** Whether asking again cannot help: the server writes over what is there, whoever wrote it. */
function isForGood(error: unknown): boolean {
  return error instanceof SsmdError && error.code === "STORAGE_UNSUPPORTED";
}

async function holderOf(lease: CellLease): Promise<Holder | undefined> {
  const name = lease.held ? undefined : await lease.tryAcquire();
  if (name === undefined) return undefined;
  return { name, isAlive: lease.isHolderAlive, isOfFolder: false };
}

/** What an archiver ends with when another one has its lease. */
export function supersededBy(holder: string, env: string): SsmdError {
  return new SsmdError("ARCHIVER_SUPERSEDED", `${holder} has taken over the archive`, {
    hint: "Nothing is lost; a new start waits until the other one ends",
    context: { env },
  });
}

function unanswered(afterMs: number): SsmdError {
  return new SsmdError("LEASE_UNANSWERED", `No answer within ${afterMs} ms`, {
    hint: "See that the storage and the bus can be reached; archiving begins by itself",
    retryable: true,
  });
}
