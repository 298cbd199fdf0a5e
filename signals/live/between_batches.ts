/** Work that waits for the end of a batch: what is asked then sees signals at one place of the stream. */
export class BetweenBatches {
  #jobs: (() => Promise<void>)[] = [];
  #wake: () => void;

  /** `wake` has who waits for a batch look here. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Resolves or rejects as the job does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#jobs.push(() => job().then(resolve, reject));
    this.#wake();
    return promise;
  }

  /** Does all that waits. */
  async flush(): Promise<void> {
    for (const job of this.#jobs.splice(0)) await job();
  }
}
