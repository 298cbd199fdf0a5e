import { PackedBytes } from "./packed_bytes.ts";

/** Bytes of a slab's payloads; a larger payload gets a slab of its own. */
const SLAB_BYTES = 64 * 1024;
/** Most records of a slab. */
const RECORDS_MAX = 1024;

/** A record from the bus; the payload is copied. */
interface SlabRecord {
  subject: string;
  payload: Uint8Array;
  /** Position in the bus's stream. */
  position: number;
  receivedAtUs: number;
}

/** Consecutive records of the bus, compressed once they are complete. */
export class RecordSlab {
  /** Records added. */
  count = 0;
  #payloads: PackedBytes;
  /** End of each payload. */
  #ends = new Uint32Array(RECORDS_MAX);
  #positions = new Float64Array(RECORDS_MAX);
  #times = new Float64Array(RECORDS_MAX);
  /** Number of each record's subject. */
  #subjects = new Uint16Array(RECORDS_MAX);
  #names: string[] = [];
  /** Numbers of the subjects; undefined once packed. */
  #numbers: Map<string, number> | undefined = new Map();

  /** Starts with a record. */
  constructor(first: SlabRecord) {
    this.#payloads = new PackedBytes(Math.max(SLAB_BYTES, first.payload.length));
    this.add(first);
  }

  /** Position of the last record. */
  get lastPosition(): number {
    return this.positionOf(this.count - 1);
  }

  /** Adds a record; false when it does not fit. */
  add({ subject, payload, position, receivedAtUs }: SlabRecord): boolean {
    const at = this.count;
    if (at === RECORDS_MAX || !this.#payloads.append(payload)) return false;
    this.#ends[at] = this.#payloads.used;
    this.#positions[at] = position;
    this.#times[at] = receivedAtUs;
    this.#subjects[at] = this.#numberOf(subject);
    this.count++;
    return true;
  }

  /** Compresses the payloads; no record can be added afterwards. */
  pack(): void {
    const { count } = this;
    this.#payloads.pack();
    this.#ends = this.#ends.slice(0, count);
    this.#positions = this.#positions.slice(0, count);
    this.#times = this.#times.slice(0, count);
    this.#subjects = this.#subjects.slice(0, count);
    this.#numbers = undefined;
  }

  positionOf(at: number): number {
    return this.#positions[at] as number;
  }

  /** Receive time, µs. */
  timeOf(at: number): number {
    return this.#times[at] as number;
  }

  /** Size of a record's payload. */
  bytesOf(at: number): number {
    return (this.#ends[at] as number) - this.#startOf(at);
  }

  /** Index of the first record after a position; `count` = none. */
  indexAfter(position: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.positionOf(middle) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Index of the first record from `from` on that was received at this time or later; -1 = none. */
  firstSince(timeUs: number, from: number): number {
    for (let at = from; at < this.count; at++) if (this.timeOf(at) >= timeUs) return at;
    return -1;
  }

  /** Calls `each` with the records from an index on, until it returns false; true = it never did. */
  forEachFrom(
    from: number,
    each: (subject: string, payload: Uint8Array, position: number) => boolean,
  ): boolean {
    if (from >= this.count) return true;
    const bytes = this.#payloads.read();
    for (let at = from; at < this.count; at++) {
      const subject = this.#names[this.#subjects[at] as number] as string;
      const payload = bytes.subarray(this.#startOf(at), this.#ends[at]);
      if (!each(subject, payload, this.positionOf(at))) return false;
    }
    return true;
  }

  #startOf(at: number): number {
    return at === 0 ? 0 : this.#ends[at - 1] as number;
  }

  #numberOf(subject: string): number {
    const numbers = this.#numbers as Map<string, number>;
    let number = numbers.get(subject);
    if (number === undefined) {
      numbers.set(subject, number = this.#names.length);
      this.#names.push(subject);
    }
    return number;
  }
}
