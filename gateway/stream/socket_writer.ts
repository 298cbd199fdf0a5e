import { Buffer } from "node:buffer";
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
  /** Takes a frame to write before the backlog, where records were dropped. */
  takeNotice(): Uint8Array | undefined;
}

/** Empty buffer, used when no run exists. */
const NONE = Buffer.alloc(0);

/** Newest view of shared frames: clients that receive the same bytes write the same object. */
let newestView = NONE;

/** Returns a view of the bytes in a form that sockets accept without copying. */
function viewOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Buffer {
  const isSame = newestView.buffer === buffer && newestView.byteOffset === byteOffset + start &&
    newestView.length === end - start;
  if (isSame) return newestView;
  return newestView = Buffer.from(buffer as ArrayBuffer, byteOffset + start, end - start);
}

/**
 * Messages in transit to one client. One write is in flight at a time, with the messages of a tick;
 * later messages wait in a {@linkcode Backlog}.
 */
export class SocketWriter<S> {
  #sink: ByteSink;
  #owner: SocketWriterOwner;
  #bytesMax: number;
  /** Newest run of frames pushed in this tick: `buffer[start, end)`. */
  #buffer: Uint8Array = NONE;
  #start = 0;
  #end = 0;
  /** Earlier runs of this tick; most ticks have none. */
  #runs: Uint8Array[] | undefined;
  #tickBytes = 0;
  #tickMessages = 0;
  /** Created when a client first falls behind: most never do. */
  #backlog: Backlog<S> | undefined;
  #inFlightBytes = 0;
  #inFlightMessages = 0;

  /** `bytesMax` is the size of the owner's buffer. */
  constructor(sink: ByteSink, owner: SocketWriterOwner, bytesMax: number) {
    this.#sink = sink;
    this.#owner = owner;
    this.#bytesMax = bytesMax;
  }

  /** Bytes pushed and not yet accepted by the kernel. */
  get bytes(): number {
    return this.waitingBytes + this.#inFlightBytes;
  }

  /** Messages pushed and not yet accepted by the kernel. */
  get messages(): number {
    return this.#tickMessages + (this.#backlog?.messages ?? 0) + this.#inFlightMessages;
  }

  /** Bytes not yet written to the socket. */
  get waitingBytes(): number {
    return this.#tickBytes + (this.#backlog?.bytes ?? 0);
  }

  /** Bytes in the socket that are not messages: answers to pings. */
  get foreignBytes(): number {
    return Math.max(0, this.#sink.heldBytes - this.#inFlightBytes);
  }

  /** Whether nothing waits and no write is in flight. */
  get isIdle(): boolean {
    return this.bytes === 0;
  }

  /** Adds `meta.bytes` bytes from `start` of a buffer, which must not change afterwards. */
  push(buffer: Uint8Array, start: number, meta: FrameMeta<S>): void {
    const end = start + meta.bytes;
    if (this.#inFlightBytes > 0) {
      this.#backlog ??= new Backlog<S>(Math.min(this.#writeBytesMax, CHUNK_BYTES_MAX));
      return this.#backlog.add(buffer, start, meta);
    }
    if (this.#end !== start || this.#buffer !== buffer) {
      if (this.#tickBytes > 0) (this.#runs ??= []).push(this.#newestRun);
      this.#buffer = buffer;
      this.#start = start;
    }
    this.#end = end;
    this.#tickMessages++;
    this.#tickBytes += meta.bytes;
    if (this.#tickBytes > this.#writeBytesMax) this.flush();
  }

  /** Ends a tick: writes what was pushed, unless a write is in flight. */
  flush(): void {
    if (this.#inFlightBytes > 0 || this.#tickBytes === 0) return;
    const bytes = this.#runs === undefined ? this.#newestRun : this.#joinRuns(this.#runs);
    const messages = this.#tickMessages;
    this.#buffer = NONE;
    this.#runs = undefined;
    this.#start =
      this.#end =
      this.#tickBytes =
      this.#tickMessages =
        0;
    this.#write(bytes, messages);
  }

  /** Drops the oldest waiting records, see {@linkcode Backlog.makeRoom}; counts bytes in flight. */
  makeRoom(bytesMax: number, messagesMax: number, onDropped: (meta: FrameMeta<S>) => void): Set<S> {
    this.flush();
    if (this.#backlog === undefined) return new Set();
    return this.#backlog.makeRoom(
      bytesMax - this.#inFlightBytes,
      messagesMax - this.#inFlightMessages,
      onDropped,
    );
  }

  /** Maximum size of one write, bytes. */
  get #writeBytesMax(): number {
    return Math.min(Math.floor(this.#bytesMax * IN_SOCKET_SHARE), WRITE_BYTES_MAX);
  }

  get #newestRun(): Uint8Array {
    return viewOf(this.#buffer, this.#start, this.#end);
  }

  /** Joins the runs of this tick. */
  #joinRuns(runs: Uint8Array[]): Uint8Array {
    runs.push(this.#newestRun);
    return Buffer.concat(runs, this.#tickBytes);
  }

  /** Writes the notice, else the oldest chunk of the backlog. */
  #writeBacklog(): void {
    const notice = this.#owner.takeNotice();
    if (notice !== undefined) return this.#write(notice, 0);
    const next = this.#backlog?.take();
    if (next !== undefined) this.#write(next.bytes, next.messages);
  }

  #write(bytes: Uint8Array, messages: number): void {
    this.#inFlightBytes = bytes.length;
    this.#inFlightMessages = messages;
    this.#sink.write(bytes, this.#onSinkWritten);
  }

  #onSinkWritten = (): void => {
    this.#inFlightBytes = this.#inFlightMessages = 0;
    if (this.waitingBytes > 0) this.#writeBacklog();
    this.#owner.onWritten();
  };
}
