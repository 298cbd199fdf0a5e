interface Kept<T> {
  answer: Promise<T>;
  untilMs: number;
}

/** Answers that are given again for a while, by key; one that failed is asked for again. */
export class KeptAnswers<T> {
  #countMax: number;
  #kept = new Map<string, Kept<T>>();

  /** Keeps at most so many: the one that was asked for first leaves. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** The kept answer, else what `ask` gives, which is kept for `keptMs`. */
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
