import { LIMITS, sleep } from "@ssmd/runtime";

/** Options of {@linkcode LateSync}. */
interface LateSyncOptions {
  /** The disk refuses; resolves when it may be asked again. */
  pauseRefused: (error: unknown) => Promise<void>;
  /** Nothing is tried again. */
  givenUp: AbortSignal;
}

/** Makes durable what was written to a file, soon after, while more is written. */
export class LateSync {
  #options: LateSyncOptions;
  /** Of its own: operations on one handle wait for each other. */
  #file: Deno.FsFile | undefined;
  #isBehind = false;
  #isRefused = false;
  #running: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Has no file yet. */
  constructor(options: LateSyncOptions) {
    this.#options = options;
  }

  /** The disk has refused: what comes next is to wait for it. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** What is written from now on is in this file. */
  async open(path: string): Promise<void> {
    this.#file = await Deno.open(path, { write: true });
  }

  /** Ends with the file; `sync` comes before. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Something was written. */
  written(): void {
    this.#isBehind = true;
    this.#running ??= this.#run();
  }

  /** Resolves when what was written by now is durable; rejects as the disk does. */
  sync(): Promise<void> {
    return this.#last = this.#last.catch(() => {}).then(() => this.#syncOnce());
  }

  /** The same, however often the disk refuses, until it is given up. */
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
      await sleep(LIMITS.spoolGroupMsMax, givenUp);
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
