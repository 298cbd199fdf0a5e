import { nowUs } from "@ssmd/runtime";
import type { InMessage } from "@ssmd/transport";

/** Evicted records at the head of the arrays before they are compacted. */
const HEAD_MAX = 4096;
/** Size of a slab for payloads, bytes; a larger payload gets its own. */
const SLAB_BYTES = 64 * 1024;

const EMPTY = new Uint8Array(0);

/** Limits of {@linkcode RecentRecords}; beyond them the oldest are evicted. */
export interface RecentLimits {
  messagesMax: number;
  bytesMax: number;
}

/**
 * Newest records of the bus in their original encoding, for clients that resume.
 *
 * A position identifies a record in the bus's stream; a record's sequence instead counts one
 * connection of a connector. A position is the stream sequence plus the stream's identity (µs of
 * its creation, or of the detection that its end was lost), which the bus stores. So positions mean
 * the same on every gateway and after a restart, and no two streams share any: a later stream
 * starts above an earlier one's positions if that had fewer than a million messages a second over
 * its lifetime.
 */
export class RecentRecords {
  #limits: RecentLimits;
  #base = 0;
  #last = 0;
  /** All records after this position are held. */
  #heldAfter = 0;
  /** All records received at this time or later are held. */
  #heldFromUs = 0;
  #subjects: string[] = [];
  /** Slab of each record (many share one), and the record's start and end in it. */
  #slabs: Uint8Array[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #slab: Uint8Array = EMPTY;
  #slabUsed = 0;
  #positions: number[] = [];
  #times: number[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  /** Starts at a sequence of a stream; evicts the records of another stream. */
  start(createdAtUs: number, startSequence: number): void {
    this.#evict(this.length);
    this.#base = createdAtUs;
    this.#last = this.#heldAfter = createdAtUs + startSequence;
    this.#heldFromUs = nowUs();
  }

  /** Identity of the records' stream. */
  get createdAtUs(): number {
    return this.#base;
  }

  /** Whether a message cannot be the next one of this stream. */
  isOfOtherStream(streamSequence: number): boolean {
    return this.#base + streamSequence <= this.#last;
  }

  /** Marks records up to this stream sequence as possibly missing here. */
  markCompleteAfter(startSequence: number): void {
    this.#heldAfter = Math.max(this.#heldAfter, this.#base + startSequence);
    this.#last = Math.max(this.#last, this.#heldAfter);
  }

  /** Marks records up to this stream sequence as missed: they left the stream before arrival. */
  markIncompleteUpTo(streamSequence: number): void {
    this.#heldAfter = Math.max(this.#heldAfter, this.#base + streamSequence);
    this.#heldFromUs = nowUs();
  }

  /** Position of the newest record received. */
  get position(): number {
    return this.#last;
  }

  /** Number of records held. */
  get length(): number {
    return this.#positions.length - this.#head;
  }

  /** Adds the next record; returns its position. */
  addMessage({ subject, payload, streamSequence }: InMessage, receivedAtUs: number): number {
    const position = this.#base + streamSequence;
    this.#subjects.push(subject);
    this.#keep(payload);
    this.#positions.push(position);
    this.#times.push(receivedAtUs);
    this.#bytes += payload.length;
    this.#last = position;
    if (this.length > this.#limits.messagesMax || this.#bytes > this.#limits.bytesMax) {
      this.#evict(1);
    }
    return position;
  }

  /** Skips a message that is not a record. */
  skip(streamSequence: number): void {
    this.#last = Math.max(this.#last, this.#base + streamSequence);
  }

  /** Whether everything after this position is held. */
  covers(position: number): boolean {
    return position >= this.#heldAfter;
  }

  /** Whether everything received at this time or later is held. */
  coversTime(timeUs: number): boolean {
    return timeUs >= this.#heldFromUs;
  }

  /** Returns the position after which all records of this time and later are. */
  positionBefore(timeUs: number): number {
    for (let i = this.#head; i < this.#times.length; i++) {
      if ((this.#times[i] as number) >= timeUs) return (this.#positions[i] as number) - 1;
    }
    return this.#last;
  }

  /** Returns the stream sequence of a position; 0 or less = not in this stream. */
  sequenceOf(position: number): number {
    return position - this.#base;
  }

  /** Returns the position of a stream sequence. */
  positionOf(streamSequence: number): number {
    return this.#base + streamSequence;
  }

  /** Calls `each` with the records after a position, in order, until it returns false. */
  forEachAfter(
    position: number,
    each: (subject: string, payload: Uint8Array, position: number) => boolean,
  ): void {
    for (let i = this.#indexAfter(position); i < this.#positions.length; i++) {
      const subject = this.#subjects[i] as string;
      const payload = (this.#slabs[i] as Uint8Array).subarray(this.#starts[i], this.#ends[i]);
      if (!each(subject, payload, this.#positions[i] as number)) return;
    }
  }

  /** Copies a payload into a slab: it is a view that would retain the bus's read buffer. */
  #keep(payload: Uint8Array): void {
    if (this.#slabUsed + payload.length > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, payload.length));
      this.#slabUsed = 0;
    }
    this.#slab.set(payload, this.#slabUsed);
    this.#slabs.push(this.#slab);
    this.#starts.push(this.#slabUsed);
    this.#slabUsed += payload.length;
    this.#ends.push(this.#slabUsed);
  }

  #indexAfter(position: number): number {
    let low = this.#head;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] as number) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #evict(least: number): void {
    const { messagesMax, bytesMax } = this.#limits;
    for (let n = 0; this.length > 0; n++) {
      if (n >= least && this.length <= messagesMax && this.#bytes <= bytesMax) break;
      const at = this.#head++;
      this.#bytes -= (this.#ends[at] as number) - (this.#starts[at] as number);
      // Release the memory now, not at the next compaction.
      this.#slabs[at] = EMPTY;
      this.#heldAfter = Math.max(this.#heldAfter, this.#positions[at] as number);
      this.#heldFromUs = Math.max(this.#heldFromUs, (this.#times[at] as number) + 1);
    }
    if (this.#head < HEAD_MAX || this.#head * 2 < this.#positions.length) return;
    const numbers = [this.#starts, this.#ends, this.#positions, this.#times];
    for (const list of [this.#subjects, this.#slabs, ...numbers]) {
      list.copyWithin(0, this.#head);
      list.length -= this.#head;
    }
    this.#head = 0;
  }
}
