import { isDroppable, TYPE_INDEX } from "./type_bits.ts";

const BACKLOG_BYTES_FIRST = 64 * 1024;
const BACKLOG_GROWTH = 8;
/** A backlog is so much longer than what waits: it moves to the front only when that much was sent. */
const BACKLOG_SLACK = 1.25;
/** Share of a buffer that is handed to the socket at once: the rest can still be dropped. */
const IN_SOCKET_SHARE = 0.125;
/** Bytes that are handed to a socket at once, at most. */
const WRITE_BYTES_MAX = 256 * 1024;

/** The part of a socket that bytes go into. */
export interface ByteSink {
  write(bytes: Uint8Array, done: () => void): unknown;
  /** Bytes that the socket itself holds back, pongs and closing frames among them. */
  readonly heldBytes: number;
}

/** What is known of a message on its way; shared by all clients that get it. `S` is its market. */
export interface FrameMeta<S> {
  readonly bytes: number;
  /** Place in EVENT_TYPES; -1 = no record. */
  readonly type: number;
  /** Whether it is a whole order book. */
  readonly isSnapshot: boolean;
  readonly subject: S | undefined;
}

/** What an {@linkcode Outbox} asks of its client. */
export interface OutboxOwner {
  /** The system took what was written. */
  onWritten(): void;
  /** A frame that must go before what waits, where something of that was dropped. */
  notice(): Uint8Array | undefined;
}

/**
 * Messages on their way to one client. One write is under way at a time; what comes meanwhile is
 * joined into the next. Frames are taken by reference within a tick, and copied only when the
 * socket is busy, so that a stuck client never holds on to memory that is shared with others.
 */
export class Outbox<S> {
  #sink: ByteSink;
  #owner: OutboxOwner;
  #writeBytesMax: number;
  #backlogBytesMax: number;
  /** Runs of frames given in this tick. */
  #buffers: Uint8Array[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #tickBytes = 0;
  /** Frames that wait behind a write: `#backlog[#from, #to)`. */
  #backlog: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  /** Of the messages in the backlog and then in the tick. */
  #metas: FrameMeta<S>[] = [];
  #head = 0;
  #inFlightBytes = 0;
  #inFlightMessages = 0;

  /** `bytesMax` is what the owner lets wait, as a rule. */
  constructor(sink: ByteSink, owner: OutboxOwner, bytesMax: number) {
    this.#sink = sink;
    this.#owner = owner;
    this.#writeBytesMax = Math.min(bytesMax * IN_SOCKET_SHARE, WRITE_BYTES_MAX);
    this.#backlogBytesMax = Math.ceil(bytesMax * BACKLOG_SLACK);
  }

  /** Bytes given and not yet taken by the system. */
  get bytes(): number {
    return this.#tickBytes + this.#to - this.#from + this.#inFlightBytes;
  }

  /** Messages given and not yet taken by the system. */
  get messages(): number {
    return this.#metas.length - this.#head + this.#inFlightMessages;
  }

  /** Bytes that were not handed to the socket yet. */
  get waitingBytes(): number {
    return this.#tickBytes + this.#to - this.#from;
  }

  /** Bytes in the socket that are not messages: answers to pings. */
  get foreignBytes(): number {
    return Math.max(0, this.#sink.heldBytes - this.#inFlightBytes);
  }

  /** Whether nothing waits and nothing is under way. */
  get idle(): boolean {
    return this.bytes === 0;
  }

  /** Adds `buffer[start, end)`, which must not change any more. */
  push(buffer: Uint8Array, start: number, end: number, meta: FrameMeta<S>): void {
    const last = this.#buffers.length - 1;
    if (last >= 0 && this.#buffers[last] === buffer && this.#ends[last] === start) {
      this.#ends[last] = end;
    } else {
      this.#buffers.push(buffer);
      this.#starts.push(start);
      this.#ends.push(end);
    }
    this.#metas.push(meta);
    this.#tickBytes += end - start;
    if (this.#tickBytes > this.#writeBytesMax) this.flush();
  }

  /** Ends a tick: writes what was pushed, or lays it aside while a write is under way. */
  flush(): void {
    if (this.waitingBytes === 0) return;
    if (this.#inFlightBytes > 0 || this.#to > this.#from || this.#buffers.length > 1) {
      this.#layAside();
      if (this.#inFlightBytes === 0) this.#writeBacklog();
      return;
    }
    const buffer = this.#buffers[0] as Uint8Array;
    const bytes = buffer.subarray(this.#starts[0], this.#ends[0]);
    const messages = this.#metas.length - this.#head;
    this.#metas.length = this.#head = 0;
    this.#endTick();
    this.#write(bytes, messages);
  }

  /**
   * Drops the oldest records that wait until no more than these bytes and messages are left, and
   * all changes of a book after a dropped one. Calls `onDropped` with each; returns
   * the markets whose books are broken by it.
   */
  makeRoom(bytesMax: number, messagesMax: number, onDropped: (meta: FrameMeta<S>) => void): Set<S> {
    this.#layAside();
    const broken = new Set<S>();
    const kept: { meta: FrameMeta<S>; at: number }[] = [];
    let keptBefore = 0;
    let { bytes, messages } = this;
    let head = this.#head;
    let from = this.#from;
    for (let i = head, at = from; i < this.#metas.length; i++) {
      const isTooMuch = bytes > bytesMax || messages > messagesMax;
      if (!isTooMuch && broken.size === 0) break;
      const meta = this.#metas[i] as FrameMeta<S>;
      if (this.#mustGo(meta, isTooMuch, broken)) {
        bytes -= meta.bytes;
        messages--;
        onDropped(meta);
        [keptBefore, head, from] = [kept.length, i + 1, at + meta.bytes];
      } else kept.push({ meta, at });
      at += meta.bytes;
    }
    // Only what stays between dropped ones moves; the rest is where it was, however much it is.
    for (let k = keptBefore - 1; k >= 0; k--) {
      const { meta, at } = kept[k] as { meta: FrameMeta<S>; at: number };
      from -= meta.bytes;
      this.#backlog.copyWithin(from, at, at + meta.bytes);
      this.#metas[--head] = meta;
    }
    this.#from = from;
    this.#headTo(head);
    return broken;
  }

  #mustGo(meta: FrameMeta<S>, isTooMuch: boolean, broken: Set<S>): boolean {
    const { type, subject } = meta;
    if (!isDroppable(type) || subject === undefined) return false;
    if (type !== TYPE_INDEX.orderbook) return isTooMuch;
    if (!isTooMuch && meta.isSnapshot) broken.delete(subject);
    const goes = isTooMuch || broken.has(subject);
    if (goes) broken.add(subject);
    return goes;
  }

  #layAside(): void {
    if (this.#tickBytes === 0) return;
    this.#reserve(this.#tickBytes);
    for (let i = 0; i < this.#buffers.length; i++) {
      const run = (this.#buffers[i] as Uint8Array).subarray(this.#starts[i], this.#ends[i]);
      this.#backlog.set(run, this.#to);
      this.#to += run.length;
    }
    this.#endTick();
  }

  /** Makes room for so many bytes behind the backlog. */
  #reserve(bytes: number): void {
    const waiting = this.#to - this.#from;
    if (this.#to + bytes <= this.#backlog.length) return;
    const mayMove = this.#from > waiting * (BACKLOG_SLACK - 1);
    if (waiting + bytes <= this.#backlog.length && mayMove) {
      this.#backlog.copyWithin(0, this.#from, this.#to);
    } else {
      const grown = new Uint8Array(this.#roomFor(waiting + bytes));
      grown.set(this.#backlog.subarray(this.#from, this.#to));
      this.#backlog = grown;
    }
    this.#from = 0;
    this.#to = waiting;
  }

  /**
   * Length of the next backlog. It grows in few steps, as each one copies all that waits; the system
   * gives memory only for what is written to.
   */
  #roomFor(bytes: number): number {
    if (this.#inFlightBytes === 0) return bytes;
    const roomy = Math.max(this.#backlog.length * BACKLOG_GROWTH, BACKLOG_BYTES_FIRST);
    return Math.max(Math.min(roomy, this.#backlogBytesMax), Math.ceil(bytes * BACKLOG_SLACK));
  }

  #endTick(): void {
    this.#buffers.length = this.#starts.length = this.#ends.length = 0;
    this.#tickBytes = 0;
  }

  #writeBacklog(): void {
    const notice = this.#owner.notice();
    let bytes = 0;
    let messages = 0;
    const all = this.#to - this.#from;
    for (let i = this.#head; i < this.#metas.length && bytes < all; i++) {
      const next = (this.#metas[i] as FrameMeta<S>).bytes;
      if (messages > 0 && bytes + next > this.#writeBytesMax) break;
      bytes += next;
      messages++;
    }
    const chunk = this.#takeChunk(bytes, messages, notice);
    this.#write(chunk, messages);
  }

  /** Takes the first bytes of the backlog; the memory is the caller's alone. */
  #takeChunk(bytes: number, messages: number, notice: Uint8Array | undefined): Uint8Array {
    let chunk = this.#backlog.subarray(this.#from, this.#from + bytes);
    const isAll = this.#from + bytes === this.#to;
    if (notice !== undefined) {
      const joined = new Uint8Array(notice.length + bytes);
      joined.set(notice);
      joined.set(chunk, notice.length);
      chunk = joined;
    } else if (!isAll) chunk = chunk.slice();
    this.#from += bytes;
    if (isAll) {
      this.#backlog = new Uint8Array(0);
      this.#from = this.#to = 0;
    }
    this.#headTo(this.#head + messages);
    return chunk;
  }

  #headTo(head: number): void {
    this.#head = head;
    if (head * 2 <= this.#metas.length) return;
    this.#metas.copyWithin(0, head);
    this.#metas.length -= head;
    this.#head = 0;
  }

  #write(bytes: Uint8Array, messages: number): void {
    this.#inFlightBytes = bytes.length;
    this.#inFlightMessages = messages;
    this.#sink.write(bytes, this.#written);
  }

  #written = (): void => {
    this.#inFlightBytes = this.#inFlightMessages = 0;
    if (this.#to > this.#from) this.#writeBacklog();
    this.#owner.onWritten();
  };
}
