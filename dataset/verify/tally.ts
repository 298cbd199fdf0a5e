import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import { type ManifestGap, manifestGap } from "@ssmd/archive";

/** Sequence numbers a chunk; chunks exist only where there are records. */
const CHUNK = 4096;

/** Records of one type: what raw gives against what is archived, by sequence number. */
interface TypeTally {
  expected: number;
  found: number;
  /** Expected minus found, by sequence number. */
  counts: Map<number, Int16Array>;
  /** Sum of the hashes of expected minus those of found. */
  hashes: Map<number, Int32Array>;
}

/** Where the sides of a type differ. */
export interface TypeDifference {
  type: EventType;
  expected: number;
  found: number;
  /** Sequence numbers that raw gives more often than the archive has them. */
  missing: number[];
  /** Sequence numbers that the archive has more often than raw gives them. */
  surplus: number[];
  /** Sequence numbers with the right count and another content. */
  changed: number[];
}

/** Chunks of sequence numbers, by type. */
type Chunks = ReadonlyMap<EventType, ReadonlySet<number>>;

/** What is left of a chunk of 4,096 sequence numbers: expected minus found, and their hashes. */
interface ChunkBalance {
  count: number;
  hash: number;
}

/**
 * Balances two unordered sets of records of one day, a record at a time and in very little memory:
 * by chunks of sequence numbers their count and the sum of their hashes must be the same. Where they
 * are not, a {@linkcode DetailTally} of those chunks says which records it is.
 */
export class Tally {
  #types = new Map<EventType, Map<number, ChunkBalance>>();
  #gaps = new Map<string, { gap: ManifestGap; balance: number }>();
  #encoder = new Encoder();

  /** A record that the raw frames give. */
  expect(event: MarketEvent): void {
    this.#add(event, 1);
    if (event.type === "gap") this.#countGap(manifestGap(event), 1);
  }

  /** A record in a normalized file. */
  find(event: MarketEvent): void {
    this.#add(event, -1);
  }

  /** A gap that a manifest lists. */
  listed(gap: ManifestGap): void {
    this.#countGap(gap, -1);
  }

  /** Chunks that do not balance; empty = all do. */
  differingChunks(): Chunks {
    const differing = new Map<EventType, Set<number>>();
    for (const [type, chunks] of this.#types) {
      const wrong = [...chunks].filter(([, { count, hash }]) => count !== 0 || hash !== 0);
      if (wrong.length > 0) differing.set(type, new Set(wrong.map(([chunk]) => chunk)));
    }
    return differing;
  }

  /** Gaps that raw gives and no manifest lists (`balance` > 0), or the other way round. */
  gapDifferences(): { gap: ManifestGap; balance: number }[] {
    return [...this.#gaps.values()].filter(({ balance }) => balance !== 0);
  }

  #add(event: MarketEvent, sign: 1 | -1): void {
    let chunks = this.#types.get(event.type);
    if (chunks === undefined) this.#types.set(event.type, chunks = new Map());
    const number = Math.floor(event.sequence / CHUNK);
    let chunk = chunks.get(number);
    if (chunk === undefined) chunks.set(number, chunk = { count: 0, hash: 0 });
    chunk.count += sign;
    chunk.hash = (chunk.hash + sign * hashOf(this.#encoder.encode(event))) | 0;
  }

  #countGap(gap: ManifestGap, sign: 1 | -1): void {
    const name = JSON.stringify(gap);
    const known = this.#gaps.get(name);
    if (known === undefined) this.#gaps.set(name, { gap, balance: sign });
    else known.balance += sign;
  }
}

/** Balances as a {@linkcode Tally} does, number by number, for chunks that did not balance. */
export class DetailTally {
  #chunks: Chunks;
  #types = new Map<EventType, TypeTally>();
  #encoder = new Encoder();

  /** For these chunks; the records of others are only counted. */
  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  /** A record that the raw frames give. */
  expect(event: MarketEvent): void {
    this.#add(event, 1);
  }

  /** A record in a normalized file. */
  find(event: MarketEvent): void {
    this.#add(event, -1);
  }

  /** The differences by type, at most `most` sequence numbers each. */
  differences(most = 5): TypeDifference[] {
    const differences: TypeDifference[] = [];
    for (const type of EVENT_TYPES) {
      const tally = this.#types.get(type);
      if (tally === undefined) continue;
      const { missing, surplus, changed } = compared(tally);
      if (missing.length + surplus.length + changed.length === 0) continue;
      differences.push({
        type,
        expected: tally.expected,
        found: tally.found,
        missing: missing.slice(0, most),
        surplus: surplus.slice(0, most),
        changed: changed.slice(0, most),
      });
    }
    return differences;
  }

  #add(event: MarketEvent, sign: 1 | -1): void {
    let tally = this.#types.get(event.type);
    if (tally === undefined) {
      tally = { expected: 0, found: 0, counts: new Map(), hashes: new Map() };
      this.#types.set(event.type, tally);
    }
    if (sign > 0) tally.expected++;
    else tally.found++;
    const chunk = Math.floor(event.sequence / CHUNK);
    if (!this.#chunks.get(event.type)?.has(chunk)) return;
    const at = event.sequence - chunk * CHUNK;
    let counts = tally.counts.get(chunk);
    let hashes = tally.hashes.get(chunk);
    if (counts === undefined || hashes === undefined) {
      tally.counts.set(chunk, counts = new Int16Array(CHUNK));
      tally.hashes.set(chunk, hashes = new Int32Array(CHUNK));
    }
    counts[at] = (counts[at] ?? 0) + sign;
    hashes[at] = (hashes[at] ?? 0) + sign * hashOf(this.#encoder.encode(event));
  }
}

function compared({ counts, hashes }: TypeTally) {
  const missing: number[] = [];
  const surplus: number[] = [];
  const changed: number[] = [];
  for (const chunk of [...counts.keys()].sort((a, b) => a - b)) {
    const balance = counts.get(chunk);
    const content = hashes.get(chunk);
    if (balance === undefined || content === undefined) continue;
    for (let at = 0; at < CHUNK; at++) {
      const count = balance[at] ?? 0;
      const sequence = chunk * CHUNK + at;
      if (count > 0) missing.push(sequence);
      else if (count < 0) surplus.push(sequence);
      else if (content[at] !== 0) changed.push(sequence);
    }
  }
  return { missing, surplus, changed };
}

/** FNV-1a over 32-bit words; messages are whole words. */
function hashOf(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] ?? 0), 0x01000193);
  return hash;
}
