import { nowUs } from "@ssmd/runtime";
import type { InMessage } from "@ssmd/transport";

/** Evicted records at the head of the arrays before they are moved together. */
const HEAD_MAX = 4096;
/** Bytes of a slab that payloads are copied into; a larger payload has one of its own. */
const SLAB_BYTES = 64 * 1024;

const EMPTY = new Uint8Array(0);

/** Limits of {@linkcode RecentRecords}; beyond them the oldest are dropped. */
export interface RecentLimits {
  messagesMax: number;
  bytesMax: number;
}

/**
 * The newest records of the bus as they came, so that a client that was away for a while gets what
 * it missed.
 *
 * A position is a place in the bus's stream, unlike the sequence of a record, which counts one
 * connection of a connector: it is the stream's own sequence added to the stream's identity (µs at
 * which it was made, or noticed to have lost its end), which the bus keeps. So it means the same on
 * every gateway and after any restart, and no two streams share any: a stream that is made later
 * begins above everything an earlier one held, as long as that had fewer than a million messages a
 * second over its whole life.
 */
export class RecentRecords {
  #limits: RecentLimits;
  #base = 0;
  #last = 0;
  /** All records behind this position are held. */
  #heldAfter = 0;
  /** All records received at this time or later are held. */
  #heldFromUs = 0;
  #subjects: string[] = [];
  /** The slab of each, many of which share one; where it begins there and where it ends. */
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

  /** Records come from behind this place of a stream on; what is held of another one goes. */
  start(createdAtUs: number, startSequence: number): void {
    this.#evict(this.length);
    this.#base = createdAtUs;
    this.#last = this.#heldAfter = createdAtUs + startSequence;
    this.#heldFromUs = nowUs();
  }

  /** Identity of the stream that the records are of. */
  get createdAtUs(): number {
    return this.#base;
  }

  /** Whether a message comes that cannot be the next one of this stream. */
  isOfOtherStream(streamSequence: number): boolean {
    return this.#base + streamSequence <= this.#last;
  }

  /** Records before this sequence of the stream may be missing here. */
  markCompleteAfter(startSequence: number): void {
    this.#heldAfter = Math.max(this.#heldAfter, this.#base + startSequence);
    this.#last = Math.max(this.#last, this.#heldAfter);
  }

  /** Records up to this sequence of the stream left it before they came. */
  markIncompleteUpTo(streamSequence: number): void {
    this.#heldAfter = Math.max(this.#heldAfter, this.#base + streamSequence);
    this.#heldFromUs = nowUs();
  }

  /** Place of the newest record that came. */
  get position(): number {
    return this.#last;
  }

  /** Records held. */
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

  /** A message came that is no record. */
  skip(streamSequence: number): void {
    this.#last = Math.max(this.#last, this.#base + streamSequence);
  }

  /** Whether everything behind this position is held. */
  covers(position: number): boolean {
    return position >= this.#heldAfter;
  }

  /** Whether everything that was received at this time or later is held. */
  coversTime(timeUs: number): boolean {
    return timeUs >= this.#heldFromUs;
  }

  /** The position behind which all records of this time and later are. */
  positionBefore(timeUs: number): number {
    for (let i = this.#head; i < this.#times.length; i++) {
      if ((this.#times[i] as number) >= timeUs) return (this.#positions[i] as number) - 1;
    }
    return this.#last;
  }

  /** The stream's own sequence of a position; 0 or less = of no record of this stream. */
  sequenceOf(position: number): number {
    return position - this.#base;
  }

  /** The position of a sequence of the stream. */
  positionOf(streamSequence: number): number {
    return this.#base + streamSequence;
  }

  /** Calls `each` with the records behind a position, in order, until it returns false. */
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

  /** Copies: a payload is a view of what the bus read at once, and each view is an object. */
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
      // The memory is to go now, not when the arrays are moved together.
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
