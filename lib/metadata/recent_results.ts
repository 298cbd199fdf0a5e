import type { SourceFile } from "./document.ts";
import { todayUtc } from "./feed.ts";

const RESULTS_MAX = 4;
/** Larger sets of files are not kept: their texts would stay in memory. */
const CHARACTERS_MAX = 100_000;

/** Remembers what was computed last from files, by their texts and the day, to compute it once. */
export class RecentResults<T> {
  #results = new Map<string, T>();

  /** Returns a copy of what `compute` gives for these files and names. */
  of(files: readonly SourceFile[], names: readonly string[], compute: () => T): T {
    if (files.reduce((sum, { text }) => sum + text.length, 0) > CHARACTERS_MAX) return compute();
    const key = JSON.stringify([todayUtc(), names, files]);
    const result = this.#results.get(key) ?? compute();
    // The newest last.
    this.#results.delete(key);
    this.#results.set(key, result);
    const [oldest] = this.#results.keys();
    if (this.#results.size > RESULTS_MAX && oldest !== undefined) this.#results.delete(oldest);
    return structuredClone(result);
  }
}
