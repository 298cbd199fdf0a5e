/** A repeatable event to wait for. */
export class Signal {
  #waiters: (() => void)[] = [];

  /** Resolves at the next {@linkcode Signal.notify}. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Wakes all waiters. */
  notify(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
