/** Maximum ids, 16 bytes each; further ids are not stored. */
const IDS_MAX = 10_000_000;
const FIRST_SLOTS = 1 << 12;
const WORDS = 4;

/**
 * Set of texts by 128-bit hash; at most ten million in 512 MiB, so a hash collision is negligible.
 */
export class IdSet {
  #idsMax: number;
  #table = new Uint32Array(FIRST_SLOTS * WORDS);
  #slots = FIRST_SLOTS;
  #count = 0;
  #hash = new Uint32Array(WORDS);

  /** Creates an empty set. */
  constructor(idsMax: number = IDS_MAX) {
    this.#idsMax = idsMax;
  }

  /** Number of texts. */
  get size(): number {
    return this.#count;
  }

  /** Adds a text; "known" when already present, "full" when there is no room. */
  add(text: string): "new" | "known" | "full" {
    const hash = this.#hashOf(text);
    const slot = this.#slotOf(hash);
    if (this.#table[slot] !== 0) return "known";
    if (this.#count >= this.#idsMax) return "full";
    this.#table.set(hash, slot);
    this.#count++;
    if (this.#count * 3 > this.#slots * 2) this.#grow();
    return "new";
  }

  /** Returns the offset of a hash, or of the free slot for it. */
  #slotOf(hash: Uint32Array): number {
    const table = this.#table;
    const mask = this.#slots - 1;
    for (let slot = (hash[1] ?? 0) & mask;; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (table[at] === 0) return at;
      const same = table[at] === hash[0] && table[at + 1] === hash[1] &&
        table[at + 2] === hash[2] && table[at + 3] === hash[3];
      if (same) return at;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#slots *= 2;
    this.#table = new Uint32Array(this.#slots * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at] === 0) continue;
      const hash = old.subarray(at, at + WORDS);
      this.#table.set(hash, this.#slotOf(hash));
    }
  }

  /** Four FNV-1a hashes with different seeds, mixed at the end; the first word is never 0. */
  #hashOf(text: string): Uint32Array {
    let a = 0x811c9dc5, b = 0x1b873593, c = 0xcc9e2d51 | 0, d = 0x9747b28c | 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x5bd1e995);
      c = Math.imul(c ^ code, 0x27d4eb2f);
      d = Math.imul(d ^ code, 0x165667b1);
    }
    const hash = this.#hash;
    hash[0] = stirred(a ^ (d >>> 3));
    hash[1] = stirred(b ^ (a >>> 5));
    hash[2] = stirred(c ^ (b >>> 7));
    hash[3] = stirred(d ^ (c >>> 11));
    if (hash[0] === 0) hash[0] = 1;
    return hash;
  }
}

function stirred(value: number): number {
  let x = value;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
