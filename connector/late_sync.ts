import { LIMITS, sleep } from "@ssmd/runtime";

/** Options of {@linkcode LateSync}. */
interface LateSyncOptions {
  /** Waits after a disk error; resolves when the sync may be retried. */
  pauseRefused: (error: unknown) => Promise<void>;
  /** Aborted = no more retries. */
  givenUp: AbortSignal;
}

/** Syncs a file in the background shortly after each write. */
export class LateSync {
  #options: LateSyncOptions;
  /** A separate handle: operations on one handle wait for each other. */
  #file: Deno.FsFile | undefined;
  #isBehind = false;
  #isRefused = false;
  #running: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: LateSyncOptions) {
    this.#options = options;
  }

  /** Whether the last sync failed; the next write must then wait for its own sync. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Opens the file that is written from now on. */
  async open(path: string): Promise<void> {
    this.#file = await Deno.open(path, { write: true });
  }

  /** Closes the file; call `sync` first. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Schedules a sync after a write. */
  written(): void {
    this.#isBehind = true;
    this.#running ??= this.#run();
  }

  /** Resolves when all writes so far are durable; rejects on a disk error. */
  sync(): Promise<void> {
    return this.#last = this.#last.catch(() => {}).then(() => this.#syncOnce());
  }

  /** Syncs all writes, retrying until it succeeds or is given up. */
  async syncAll(): Promise<void> {
    while (this.#isBehind || this.#running) {
      if (this.#options.givenUp.aborted) return;
      await this.sync().catch(this.#options.pauseRefused);
      await this.#running;
    }
  }

  async #run(): Promise<void> {
    const { givenUp, pauseRefused } = this.#options;
    while (this.#isBehind && !givenUp.aborted) {
      await sleep(LIMITS.spoolSyncPauseMs, givenUp);
      await this.sync().catch(pauseRefused);
    }
    this.#running = undefined;
  }

  async #syncOnce(): Promise<void> {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    try {
      await this.#file?.syncData();
      this.#isRefused = false;
    } catch (error) {
      this.#isBehind = this.#isRefused = true;
      throw error;
    }
  }
}
