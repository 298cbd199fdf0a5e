/**
 * Detects stuck work: something is pending and nothing progresses. Counts checks instead of time,
 * so a paused or starved process does not mistake its own absence for a fault.
 */
export class ProgressWatch {
  #looksMax: number;
  #progress: number | undefined;
  #looks = 0;

  /** Work is stuck after `looksMax` checks without progress. */
  constructor(looksMax: number) {
    this.#looksMax = looksMax;
  }

  /** Call at a fixed interval; `progress` is a number that changes when work progresses. */
  look(isWaiting: boolean, progress: number): void {
    this.#looks = isWaiting && progress === this.#progress ? this.#looks + 1 : 0;
    this.#progress = progress;
  }

  /** Whether work is stuck. */
  get isStuck(): boolean {
    return this.#looks >= this.#looksMax;
  }
}
