/** A repeatable event to wait for. */
export class Notifier {
  #waiters: (() => void)[] = [];

  /** Resolves at the next {@linkcode Notifier.notify}. */
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
