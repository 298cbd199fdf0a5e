import { Backlog } from "./backlog.ts";
import type { FrameMeta } from "./frame_meta.ts";

/** Maximum share of a buffer in one write: the rest can still be dropped. */
const IN_SOCKET_SHARE = 0.125;
/** Maximum bytes of one write. */
const WRITE_BYTES_MAX = 256 * 1024;
/** Maximum size of a backlog chunk. */
const CHUNK_BYTES_MAX = 64 * 1024;

/** The writable side of a socket. */
export interface ByteSink {
  write(bytes: Uint8Array, done: () => void): unknown;
  /** Bytes buffered in the socket, including pongs and closing frames. */
  readonly heldBytes: number;
}

/** Receives events of a {@linkcode SocketWriter}. */
export interface SocketWriterOwner {
  /** The kernel accepted the written bytes. */
  onWritten(): void;
  /** A frame to write before the backlog, where some of it was dropped. */
  takeNotice(): Uint8Array | undefined;
}

/**
 * Messages on their way to one client. One write is under way at a time, of what was given in a
 * tick; what comes meanwhile waits in a {@linkcode Backlog}.
 */
export class SocketWriter<S> {
  #sink: ByteSink;
  #owner: SocketWriterOwner;
  #writeBytesMax: number;
  /** Runs of frames pushed in this tick. */
  #buffers: Uint8Array[] = [];
  #starts: number[] = [];
  #ends: number[] = [];
  #tickBytes = 0;
  #tickMessages = 0;
  #backlog: Backlog<S>;
  #inFlightBytes = 0;
  #inFlightMessages = 0;

  /** `bytesMax` is the size of the owner's buffer. */
  constructor(sink: ByteSink, owner: SocketWriterOwner, bytesMax: number) {
    this.#sink = sink;
    this.#owner = owner;
    this.#writeBytesMax = Math.min(Math.floor(bytesMax * IN_SOCKET_SHARE), WRITE_BYTES_MAX);
    this.#backlog = new Backlog<S>(Math.min(this.#writeBytesMax, CHUNK_BYTES_MAX));
  }

  /** Bytes pushed and not yet accepted by the kernel. */
  get bytes(): number {
    return this.waitingBytes + this.#inFlightBytes;
  }

  /** Messages pushed and not yet accepted by the kernel. */
  get messages(): number {
    return this.#tickMessages + this.#backlog.messages + this.#inFlightMessages;
  }

  /** Bytes not yet written to the socket. */
  get waitingBytes(): number {
    return this.#tickBytes + this.#backlog.bytes;
  }

  /** Bytes in the socket that are no messages: answers to pings. */
  get foreignBytes(): number {
    return Math.max(0, this.#sink.heldBytes - this.#inFlightBytes);
  }

  /** Whether nothing waits and no write is pending. */
  get isIdle(): boolean {
    return this.bytes === 0;
  }

  /** Adds `meta.bytes` bytes from `start` of a buffer, which must not change any more. */
  push(buffer: Uint8Array, start: number, meta: FrameMeta<S>): void {
    const end = start + meta.bytes;
    if (this.#isBusy) return this.#backlog.add(buffer, start, meta);
    const last = this.#buffers.length - 1;
    if (last >= 0 && this.#buffers[last] === buffer && this.#ends[last] === start) {
      this.#ends[last] = end;
    } else {
      this.#buffers.push(buffer);
      this.#starts.push(start);
      this.#ends.push(end);
    }
    this.#tickMessages++;
    this.#tickBytes += meta.bytes;
    if (this.#tickBytes > this.#writeBytesMax) this.flush();
  }

  /** Ends a tick: writes what was pushed, if no write is under way. */
  flush(): void {
    if (this.#isBusy || this.#tickBytes === 0) return;
    const bytes = this.#buffers.length === 1 ? this.#run(0) : this.#joinRuns();
    const messages = this.#tickMessages;
    this.#buffers.length = this.#starts.length = this.#ends.length = 0;
    this.#tickBytes = this.#tickMessages = 0;
    this.#write(bytes, messages);
  }

  /** Drops the oldest that waits, see {@linkcode Backlog.makeRoom}; what is under way counts, too. */
  makeRoom(bytesMax: number, messagesMax: number, onDropped: (meta: FrameMeta<S>) => void): Set<S> {
    this.flush();
    return this.#backlog.makeRoom(
      bytesMax - this.#inFlightBytes,
      messagesMax - this.#inFlightMessages,
      onDropped,
    );
  }

  /** Whether a write is pending: messages then wait in the backlog. */
  get #isBusy(): boolean {
    return this.#inFlightBytes > 0;
  }

  #run(i: number): Uint8Array {
    return (this.#buffers[i] as Uint8Array).subarray(this.#starts[i], this.#ends[i]);
  }

  /** Joins the runs of this tick. */
  #joinRuns(): Uint8Array {
    const joined = new Uint8Array(this.#tickBytes);
    for (let i = 0, at = 0; i < this.#buffers.length; i++) {
      const run = this.#run(i);
      joined.set(run, at);
      at += run.length;
    }
    return joined;
  }

  /** Writes the notice, else the oldest chunk of the backlog. */
  #writeBacklog(): void {
    const notice = this.#owner.takeNotice();
    if (notice !== undefined) return this.#write(notice, 0);
    const next = this.#backlog.take();
    if (next !== undefined) this.#write(next.bytes, next.messages);
  }

  #write(bytes: Uint8Array, messages: number): void {
    this.#inFlightBytes = bytes.length;
    this.#inFlightMessages = messages;
    this.#sink.write(bytes, this.#onSinkWritten);
  }

  #onSinkWritten = (): void => {
    this.#inFlightBytes = this.#inFlightMessages = 0;
    if (this.#backlog.bytes > 0) this.#writeBacklog();
    this.#owner.onWritten();
  };
}
