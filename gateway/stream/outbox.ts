const BACKLOG_BYTES_FIRST = 64 * 1024;

/** The part of a socket that bytes go into. */
export interface ByteSink {
  write(bytes: Uint8Array, done: () => void): unknown;
}

/**
 * Bytes on their way to one client. One write is under way at a time; what comes meanwhile is
 * joined into the next. Frames are taken by reference within a tick, and copied only when the
 * socket is busy, so that a stuck client never holds on to memory that is shared with others.
 */
export class Outbox {
  #sink: ByteSink;
  #onIdle: () => void;
  #buffers: Uint8Array[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #tickBytes = 0;
  #backlog: Uint8Array = new Uint8Array(0);
  #backlogBytes = 0;
  #inFlightBytes = 0;

  /** `onIdle` is called when a write was taken by the system and nothing waits. */
  constructor(sink: ByteSink, onIdle: () => void) {
    this.#sink = sink;
    this.#onIdle = onIdle;
  }

  /** Bytes given and not yet taken by the system. */
  get bytes(): number {
    return this.#tickBytes + this.#backlogBytes + this.#inFlightBytes;
  }

  /** Whether nothing waits and nothing is under way. */
  get idle(): boolean {
    return this.bytes === 0;
  }

  /** Adds `buffer[start, end)`, which must not change any more. */
  push(buffer: Uint8Array, start: number, end: number): void {
    const last = this.#buffers.length - 1;
    if (last >= 0 && this.#buffers[last] === buffer && this.#ends[last] === start) {
      this.#ends[last] = end;
    } else {
      this.#buffers.push(buffer);
      this.#starts.push(start);
      this.#ends.push(end);
    }
    this.#tickBytes += end - start;
  }

  /** Ends a tick: writes what was pushed, or lays it aside while a write is under way. */
  flush(): void {
    if (this.#tickBytes === 0) return;
    if (this.#inFlightBytes === 0 && this.#buffers.length === 1) {
      const buffer = this.#buffers[0] as Uint8Array;
      this.#write(buffer.subarray(this.#starts[0], this.#ends[0]));
    } else {
      this.#layAside();
      if (this.#inFlightBytes === 0) this.#writeBacklog();
    }
    this.#buffers.length = this.#starts.length = this.#ends.length = 0;
    this.#tickBytes = 0;
  }

  #layAside(): void {
    const needed = this.#backlogBytes + this.#tickBytes;
    if (needed > this.#backlog.length) {
      const floor = this.#inFlightBytes === 0 ? needed : BACKLOG_BYTES_FIRST;
      const grown = new Uint8Array(Math.max(needed, this.#backlog.length * 2, floor));
      grown.set(this.#backlog.subarray(0, this.#backlogBytes));
      this.#backlog = grown;
    }
    for (let i = 0; i < this.#buffers.length; i++) {
      const start = this.#starts[i] as number;
      const end = this.#ends[i] as number;
      this.#backlog.set((this.#buffers[i] as Uint8Array).subarray(start, end), this.#backlogBytes);
      this.#backlogBytes += end - start;
    }
  }

  #writeBacklog(): void {
    const bytes = this.#backlog.subarray(0, this.#backlogBytes);
    this.#backlog = new Uint8Array(0);
    this.#backlogBytes = 0;
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    this.#inFlightBytes = bytes.length;
    this.#sink.write(bytes, this.#written);
  }

  #written = (): void => {
    this.#inFlightBytes = 0;
    if (this.#backlogBytes > 0) this.#writeBacklog();
    else if (this.#tickBytes === 0) this.#onIdle();
  };
}
