// @ts-types="@types/ws"
import { WebSocket } from "ws";
import type { Duplex } from "node:stream";
import {
  ArmedFaults,
  type Fault,
  type FrameKind,
  garbageFrame,
  type GarbageSamples,
} from "./faults.ts";
import type { SentFrameLog } from "./sent_frame_log.ts";
import type { Signal } from "./notifier.ts";
import type { StandingFaults } from "./standing_faults.ts";

/** What the protocol of a venue does with one connection. */
export interface Session {
  /** A text frame of the client. */
  received(text: string): void;
  /** About once a second: heartbeats that are frames. */
  heartbeat(): void;
  /** The client does not read; the venue's way to end it. */
  overflow(): void;
  /** The venue forgets what was subscribed. */
  forget(): void;
  closed(): void;
}

/** What all connections of a simulator share. */
export interface ConnectionContext {
  garbage: GarbageSamples;
  ledger: SentFrameLog | undefined;
  /** Connections with an open batch; flushed by {@linkcode flushBatches}. */
  batching: Set<Connection>;
  /** Told when a connection drained, closed or found its voice again. */
  progress: Signal;
  counters: { framesSent: number; bytesSent: number };
  /** Faults of markets. */
  standing: StandingFaults;
  /** Faults that inject after so many frames. */
  schedule: { readonly dueAtFrames: number; reached(frames: number): void };
}

/** Unsent bytes at which senders that can wait do so. */
export const DRAIN_BYTES = 1024 * 1024;
/** Unsent bytes at which a client that does not read loses its subscriptions. */
const OVERFLOW_BYTES = 64 * 1024 * 1024;

/** Body of the ping whose pong says that all before it was read. */
const ALL_READ = "all-read";

/** One client: sends in batches, strikes it with faults, notes all in the ledger. */
export class Connection {
  readonly number: number;
  /** Whether market data flows to it. */
  playing = false;
  #socket: WebSocket;
  #raw: Duplex;
  #context: ConnectionContext;
  #armed = new ArmedFaults();
  #silentUntilMs = 0;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #heartbeatsWhileSilent = false;
  #overflowed = false;
  #session: Session | undefined;

  /** `raw` is the TCP socket below `socket`. */
  constructor(
    number: number,
    socket: WebSocket,
    { raw, context }: { raw: Duplex; context: ConnectionContext },
  ) {
    this.number = number;
    this.#socket = socket;
    this.#raw = raw;
    this.#context = context;
    raw.on("drain", () => context.progress.notify());
  }

  /** The venue's side of the talk, once made. */
  set session(session: Session) {
    this.#session = session;
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get silent(): boolean {
    return this.#silentUntilMs !== 0;
  }

  /** Bytes that wait for the client to read. */
  get unsentBytes(): number {
    return this.#raw.writableLength;
  }

  /** Sends market data or a heartbeat: subject to faults. */
  sendData(frame: string, kind: FrameKind): void {
    if (this.#silentUntilMs !== 0) {
      if (kind !== "heartbeat" || !this.#heartbeatsWhileSilent) return;
    }
    const { standing } = this.#context;
    const reported = standing.empty ? frame : standing.apply(frame, kind);
    if (reported === undefined) return;
    if (this.#armed.empty) this.send(reported);
    else for (const text of this.#armed.apply(reported, kind)) this.send(text);
  }

  /** Whether a request for a market's data is to be refused. */
  refuses(symbol: string, kind: FrameKind): boolean {
    const { standing } = this.#context;
    return !standing.empty && standing.refuses(symbol, kind);
  }

  /** Sends a reply: not subject to faults. */
  send(frame: string): void {
    if (!this.#transmit(frame)) return;
    this.#context.ledger?.json(this.number, frame.trimEnd());
  }

  /** Sends a text that clients take for a sign of life alone: the log of frames leaves it out. */
  answer(text: string): void {
    this.#transmit(text);
  }

  /** Sends bytes that need not be JSON. */
  sendRaw(frame: string | Uint8Array, json: boolean): void {
    if (!this.#transmit(frame)) return;
    if (json) this.#context.ledger?.json(this.number, frame as string);
    else this.#context.ledger?.bytes(this.number, frame);
  }

  #transmit(frame: string | Uint8Array): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    const { batching, counters, schedule } = this.#context;
    if (!batching.has(this)) {
      batching.add(this);
      this.#raw.cork();
    }
    this.#socket.send(frame);
    counters.framesSent++;
    counters.bytesSent += frame.length;
    if (this.#raw.writableLength > OVERFLOW_BYTES && !this.#overflowed) {
      this.#overflowed = true;
      this.#session?.overflow();
    }
    if (counters.framesSent >= schedule.dueAtFrames) schedule.reached(counters.framesSent);
    return true;
  }

  /** Hands the batch to the system. */
  flush(): void {
    this.#raw.uncork();
  }

  /** Takes in a text frame. */
  received(text: string): void {
    this.#session?.received(text);
  }

  /** About once a second. */
  heartbeat(): void {
    this.#session?.heartbeat();
  }

  /** A ping frame of the server. */
  ping(body: string): void {
    if (this.open && (!this.silent || this.#heartbeatsWhileSilent)) this.#socket.ping(body);
  }

  /** Resolves when the client has read all that was sent, or is gone. */
  allRead(): Promise<void> {
    if (!this.open) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.on("pong", (data) => {
        if (data.toString() === ALL_READ) resolve();
      });
      this.#socket.once("close", () => resolve());
      this.#socket.ping(ALL_READ);
    });
  }

  /** Ends it with a close frame. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Cuts it. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** The socket is gone. */
  gone(): void {
    this.playing = false;
    clearTimeout(this.#silenceTimer);
    this.#silentUntilMs = 0;
    this.#context.batching.delete(this);
    this.#session?.closed();
    this.#context.progress.notify();
  }

  /** Strikes the connection. */
  inject(fault: Fault): void {
    switch (fault.type) {
      case "drop":
        return this.terminate();
      case "rubbish": {
        const what = fault.what ?? "json";
        const isJson = what === "unknown" || what === "huge";
        return this.sendRaw(garbageFrame(what, this.#context.garbage), isJson);
      }
      case "silent":
        return this.#silence(fault.forMs, fault.heartbeats ?? false);
      case "forget":
        return this.#session?.forget();
      case "refuse":
      case "mute":
        return;
      default:
        this.#armed.arm(fault);
    }
  }

  #silence(forMs: number, heartbeats: boolean): void {
    clearTimeout(this.#silenceTimer);
    this.#heartbeatsWhileSilent = heartbeats;
    this.#silentUntilMs = performance.now() + forMs;
    this.#silenceTimer = setTimeout(() => {
      this.#silentUntilMs = 0;
      this.#context.progress.notify();
    }, forMs);
  }
}

/** Hands all open batches to the system. */
export function flushBatches(batching: Set<Connection>): void {
  for (const connection of batching) connection.flush();
  batching.clear();
}
