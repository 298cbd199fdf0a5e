/** Runs jobs between batches, when all signals are at the same stream position. */
export class BetweenBatches {
  #jobs: (() => Promise<void>)[] = [];
  #wake: () => void;

  /** `wake` wakes the loop that waits for the next batch. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Queues a job; resolves or rejects as the job does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#jobs.push(() => job().then(resolve, reject));
    this.#wake();
    return promise;
  }

  /** Runs all queued jobs. */
  async flush(): Promise<void> {
    for (const job of this.#jobs.splice(0)) await job();
  }
}
