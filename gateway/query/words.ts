/** Stop words, which no rule needs. */
const STOP = new Set(
  ("a an the is are was were be been of for in on at to by with and me us i we you it its there do does " +
    "did how has have had can could would please tell give show get find see what whats which s this that " +
    "these those now currently current right moment about hi hello ask want know need let my our like " +
    "as utc during over").split(" "),
);

/** A word of a question, as written and in lower case. */
interface Word {
  text: string;
  lower: string;
  used: boolean;
}

/** The words of a question; rules mark the words they consume as used. */
export class Words {
  readonly all: readonly Word[];

  constructor(text: string) {
    const parts = text.replace(/[’'`]s\b/g, "").split(/[\s,;!?()"“”]+/)
      .map((part) => part.replace(/^[.:]+|[.:]+$/g, "")).filter((part) => part !== "");
    this.all = parts.map((part) => ({ text: part, lower: part.toLowerCase(), used: false }));
  }

  /** Consumes the first unused words that match the patterns in sequence; undefined = no match. */
  take(...patterns: readonly RegExp[]): string[] | undefined {
    for (let at = 0; at + patterns.length <= this.all.length; at++) {
      const found = this.all.slice(at, at + patterns.length);
      const fits = found.every((word, i) => !word.used && (patterns[i] as RegExp).test(word.lower));
      if (!fits) continue;
      for (const word of found) word.used = true;
      return found.map(({ lower }) => lower);
    }
    return undefined;
  }

  /** Runs a reader; if it finds nothing, the words that it consumed are unused again. */
  attempt<T>(read: () => T | undefined): { found: T | undefined; consumed: boolean } {
    const before = this.all.map(({ used }) => used);
    const found = read();
    const consumed = this.all.some(({ used }, i) => used !== before[i]);
    if (found === undefined) this.all.forEach((word, i) => word.used = before[i] ?? false);
    return { found, consumed };
  }

  /** Consumes all matching words; returns whether there were any. */
  takeAll(pattern: RegExp): boolean {
    const found = this.all.filter((word) => !word.used && pattern.test(word.lower));
    for (const word of found) word.used = true;
    return found.length > 0;
  }

  /** Returns unused words that are not stop words. */
  unread(): Word[] {
    return this.all.filter(({ used, lower }) => !used && !STOP.has(lower));
  }
}
