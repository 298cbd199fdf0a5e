/** Evaluates a batch; calls `onTaken` when the hosts have it. */
type Evaluate<Batch> = (batch: Batch, onTaken: () => void) => Promise<void>;

/**
 * Evaluates one batch while the caller makes the next one: the caller and the hosts work side by
 * side, a batch apart.
 */
export class OneAhead<Batch> {
  readonly #evaluate: Evaluate<Batch>;
  #running: Promise<void> = Promise.resolve();

  /** `evaluate` never runs twice at a time. */
  constructor(evaluate: Evaluate<Batch>) {
    this.#evaluate = evaluate;
  }

  /**
   * Resolves when the hosts have the batch: only then is it sure that they work while the caller
   * does. Rejects when the batch before it failed.
   */
  async send(batch: Batch): Promise<void> {
    await this.#running;
    const taken = Promise.withResolvers<void>();
    this.#running = this.#evaluate(batch, taken.resolve).finally(taken.resolve);
    // It is told to whoever waits for it next.
    this.#running.catch(() => {});
    await taken.promise;
  }

  /** Waits for the last batch. Rejects when it failed. */
  async idle(): Promise<void> {
    await this.#running;
  }
}
