import { type IdParts, splitId } from "./message_id.ts";

/** Frames remembered per run; a power of two. */
const FRAMES_MAX = 131_072;
/** Most runs remembered; beyond it the oldest is dropped. */
const RUNS_MAX = 64;
/** Limit of the index, so that frame and index fit one exact double. */
const INDEX_MAX = 65_536;
/** Spreads the records of a frame over the table. */
const INDEX_SPREAD = 40_503;
/** Ids of other forms remembered at least; at most twice as many. */
const OTHERS_MAX = 65_536;

/**
 * Recently seen ids, like the duplicate window of a stream. It may forget an id early, as any
 * window does, but never takes a new id for a known one. Ids of the form `{run}-{frame}-{index}`
 * need no allocation: a set of strings would take longer than the rest of an in-memory publish.
 */
export class RecentIds {
  #runs = new Map<string, Float64Array>();
  #run = "";
  #table: Float64Array | undefined;
  #parts: IdParts = { runLength: 0, frame: 0, index: 0 };
  #young = new Set<string>();
  #old = new Set<string>();

  /** Adds `id`; returns false when it was seen before. */
  add(id: string): boolean {
    const parts = this.#parts;
    if (!splitId(id, parts) || parts.index >= INDEX_MAX || parts.frame > 2 ** 37) {
      return this.#addOther(id);
    }
    const table = this.#tableOf(id, parts.runLength);
    const key = parts.frame * INDEX_MAX + parts.index;
    const slot = (parts.frame % FRAMES_MAX + parts.index * INDEX_SPREAD) & (FRAMES_MAX - 1);
    if (table[slot] === key) return false;
    table[slot] = key;
    return true;
  }

  #tableOf(id: string, runLength: number): Float64Array {
    if (this.#table !== undefined && runLength === this.#run.length && id.startsWith(this.#run)) {
      return this.#table;
    }
    const run = id.slice(0, runLength);
    let table = this.#runs.get(run);
    if (table === undefined) {
      const [oldest] = this.#runs.keys();
      if (oldest !== undefined && this.#runs.size >= RUNS_MAX) this.#runs.delete(oldest);
      table = new Float64Array(FRAMES_MAX).fill(-1);
      this.#runs.set(run, table);
    }
    this.#run = run;
    this.#table = table;
    return table;
  }

  #addOther(id: string): boolean {
    if (this.#young.has(id) || this.#old.has(id)) return false;
    if (this.#young.size >= OTHERS_MAX) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
    return true;
  }
}
