import { EVENT_TYPES, type EventType, type Gap, type MarketEvent } from "@ssmd/market";
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

/**
 * Balances two unordered sets of records of one day, a record at a time and in little memory: by
 * sequence number their count and the hash of their encoding must be the same.
 */
export class Tally {
  #types = new Map<EventType, TypeTally>();
  #gaps = new Map<string, { gap: ManifestGap; balance: number }>();
  #encoder = new Encoder();

  /** A record that the raw frames give. */
  expect(event: MarketEvent): void {
    this.#add(event, 1);
  }

  /** A record in a normalized file. */
  find(event: MarketEvent): void {
    this.#add(event, -1);
  }

  /** A gap that a manifest lists. */
  listed(gap: ManifestGap): void {
    this.#countGap(gap, -1);
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

  /** Gaps that raw gives and no manifest lists (`balance` > 0), or the other way round. */
  gapDifferences(): { gap: ManifestGap; balance: number }[] {
    return [...this.#gaps.values()].filter(({ balance }) => balance !== 0);
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
    const at = event.sequence - chunk * CHUNK;
    let counts = tally.counts.get(chunk);
    let hashes = tally.hashes.get(chunk);
    if (counts === undefined || hashes === undefined) {
      tally.counts.set(chunk, counts = new Int16Array(CHUNK));
      tally.hashes.set(chunk, hashes = new Int32Array(CHUNK));
    }
    counts[at] = (counts[at] ?? 0) + sign;
    hashes[at] = (hashes[at] ?? 0) + sign * hashOf(this.#encoder.encode(event));
    if (event.type === "gap" && sign > 0) this.#countGap(manifestGap(event as Gap), 1);
  }

  #countGap(gap: ManifestGap, sign: 1 | -1): void {
    const name = JSON.stringify(gap);
    const known = this.#gaps.get(name);
    if (known === undefined) this.#gaps.set(name, { gap, balance: sign });
    else known.balance += sign;
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
