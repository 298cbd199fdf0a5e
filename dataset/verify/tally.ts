import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import { type ManifestGap, manifestGap } from "@ssmd/archive";

/** Sequence numbers per chunk; chunks are created on demand. */
const CHUNK = 4096;
/** Sequences shown of each kind of difference. */
const SEQUENCES_MAX = 5;

/** Expected (raw) against found (archived) records of one type, by sequence. */
interface TypeTally {
  expected: number;
  found: number;
  /** Expected minus found, by sequence. */
  counts: Map<number, Int16Array>;
  /** Sum of expected hashes minus found hashes, by sequence. */
  hashes: Map<number, Int32Array>;
}

/** Differences of one type. */
export interface TypeDifference {
  type: EventType;
  expected: number;
  found: number;
  /** Sequences that raw has more often than the archive. */
  missing: number[];
  /** Sequences that the archive has more often than raw. */
  surplus: number[];
  /** Sequences with equal counts but different content. */
  changed: number[];
}

/** Chunk numbers by type. */
type Chunks = ReadonlyMap<EventType, ReadonlySet<number>>;

/** Balance of 4,096 sequences: expected minus found, for count and hash sum. */
interface ChunkBalance {
  count: number;
  hash: number;
}

/**
 * Compares two unordered sets of a day's records with little memory: per chunk of sequences, counts
 * and hash sums must be equal. For differing chunks, a {@linkcode DetailTally} finds the records.
 */
export class Tally {
  #types = new Map<EventType, Map<number, ChunkBalance>>();
  #gaps = new Map<string, { gap: ManifestGap; balance: number }>();
  #encoder = new Encoder();

  /** Adds a record derived from raw. */
  expect(event: MarketEvent): void {
    this.#add(event, 1);
    if (event.type === "gap") this.#countGap(manifestGap(event), 1);
  }

  /** Adds an archived record. */
  find(event: MarketEvent): void {
    this.#add(event, -1);
  }

  /** Adds a gap listed in a manifest. */
  listed(gap: ManifestGap): void {
    this.#countGap(gap, -1);
  }

  /** Returns the chunks that differ; empty when all balance. */
  differingChunks(): Chunks {
    const differing = new Map<EventType, Set<number>>();
    for (const [type, chunks] of this.#types) {
      const wrong = [...chunks].filter(([, { count, hash }]) => count !== 0 || hash !== 0);
      if (wrong.length > 0) differing.set(type, new Set(wrong.map(([chunk]) => chunk)));
    }
    return differing;
  }

  /** Returns gaps only in raw (`balance` > 0) or only in manifests (< 0). */
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

/** Compares like a {@linkcode Tally}, but by single sequence, in the chunks that differed. */
export class DetailTally {
  #chunks: Chunks;
  #types = new Map<EventType, TypeTally>();
  #encoder = new Encoder();

  /** Details only these chunks; records of others are only counted. */
  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  /** Adds a record derived from raw. */
  expect(event: MarketEvent): void {
    this.#add(event, 1);
  }

  /** Adds an archived record. */
  find(event: MarketEvent): void {
    this.#add(event, -1);
  }

  /** Returns the differences by type, with the first sequences of each. */
  differences(): TypeDifference[] {
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
        missing: missing.slice(0, SEQUENCES_MAX),
        surplus: surplus.slice(0, SEQUENCES_MAX),
        changed: changed.slice(0, SEQUENCES_MAX),
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
