import { nowUs } from "@ssmd/runtime";
import type { InMessage } from "@ssmd/transport";
import { RecordSlab } from "./record_slab.ts";

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
  /** The records, the oldest first; all slabs but the last are packed. */
  #slabs: RecordSlab[] = [];
  /** Evicted records of the first slab. */
  #head = 0;
  #length = 0;
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
    return this.#length;
  }

  /** Adds the next record; returns its position. */
  addMessage({ subject, payload, streamSequence }: InMessage, receivedAtUs: number): number {
    const position = this.#base + streamSequence;
    const record = { subject, payload, position, receivedAtUs };
    if (this.#slabs.at(-1)?.add(record) !== true) {
      this.#slabs.at(-1)?.pack();
      this.#slabs.push(new RecordSlab(record));
    }
    this.#length++;
    this.#bytes += payload.length;
    this.#last = position;
    if (this.#length > this.#limits.messagesMax || this.#bytes > this.#limits.bytesMax) {
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
    for (const [i, slab] of this.#slabs.entries()) {
      const at = slab.firstSince(timeUs, i === 0 ? this.#head : 0);
      if (at >= 0) return slab.positionOf(at) - 1;
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
    let first = this.#slabs.findIndex((slab) => slab.lastPosition > position);
    if (first < 0) return;
    for (; first < this.#slabs.length; first++) {
      const slab = this.#slabs[first] as RecordSlab;
      const from = Math.max(slab.indexAfter(position), first === 0 ? this.#head : 0);
      if (!slab.forEachFrom(from, each)) return;
    }
  }

  #evict(least: number): void {
    const { messagesMax, bytesMax } = this.#limits;
    for (let n = 0; this.#length > 0; n++) {
      if (n >= least && this.#length <= messagesMax && this.#bytes <= bytesMax) break;
      const slab = this.#slabs[0] as RecordSlab;
      const at = this.#head++;
      this.#length--;
      this.#bytes -= slab.bytesOf(at);
      this.#heldAfter = Math.max(this.#heldAfter, slab.positionOf(at));
      this.#heldFromUs = Math.max(this.#heldFromUs, slab.timeOf(at) + 1);
      if (this.#head < slab.count) continue;
      this.#slabs.shift();
      this.#head = 0;
    }
  }
}
