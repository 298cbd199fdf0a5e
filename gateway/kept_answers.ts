interface Kept<T> {
  answer: Promise<T>;
  untilMs: number;
}

/** Cache of answers by key, each with its own lifetime; failed answers are not kept. */
export class KeptAnswers<T> {
  #countMax: number;
  #kept = new Map<string, Kept<T>>();

  /** `countMax` is the maximum number of answers; the oldest is evicted. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Returns the cached answer, else calls `ask` and keeps its answer for `keptMs`. */
  of(key: string, keptMs: number, ask: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.answer;
    const answer = ask();
    this.#kept.delete(key);
    this.#kept.set(key, { answer, untilMs: performance.now() + keptMs });
    answer.catch(() => this.#kept.delete(key));
    if (this.#kept.size > this.#countMax) {
      this.#kept.delete(this.#kept.keys().next().value as string);
    }
    return answer;
  }
}
