/**
 * Tells work that hangs: something waits and nothing moves. It counts looks and not time, so that a
 * process that was stopped, or starved, does not take its own absence for a fault.
 */
export class ProgressWatch {
  #looksMax: number;
  #progress: number | undefined;
  #looks = 0;

  /** Work hangs when it did not move in `looksMax` looks. */
  constructor(looksMax: number) {
    this.#looksMax = looksMax;
  }

  /** Called at a fixed pace: whether something waits, and a number that changes when work moves. */
  look(isWaiting: boolean, progress: number): void {
    this.#looks = isWaiting && progress === this.#progress ? this.#looks + 1 : 0;
    this.#progress = progress;
  }

  /** Whether it hangs. */
  get isStuck(): boolean {
    return this.#looks >= this.#looksMax;
  }
}
