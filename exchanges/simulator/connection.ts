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
import type { Notifier } from "./notifier.ts";
import type { StandingFaults } from "./standing_faults.ts";

/** A venue's protocol on one connection. */
export interface Session {
  /** Handles a text frame of the client. */
  received(text: string): void;
  /** Sends a heartbeat frame if the protocol has one; called about once a second. */
  heartbeat(): void;
  /** Handles a client that does not read, in the venue's way. */
  overflow(): void;
  /** Drops all subscriptions, as a venue that lost them. */
  forget(): void;
  closed(): void;
}

/** State shared by all connections of a simulator. */
export interface ConnectionContext {
  garbage: GarbageSamples;
  ledger: SentFrameLog | undefined;
  /** Connections with an open batch; flushed by {@linkcode flushBatches}. */
  batching: Set<Connection>;
  /** Notified when a connection drained, closed or ended its silence. */
  progress: Notifier;
  counters: { framesSent: number; bytesSent: number };
  /** Faults of single markets. */
  standing: StandingFaults;
  /** Faults triggered by the number of sent frames. */
  schedule: { readonly dueAtFrames: number; reached(frames: number): void };
}

/** Unsent bytes above which senders wait, if they can. */
export const DRAIN_BYTES = 1024 * 1024;
/** Unsent bytes above which a client that does not read loses its subscriptions. */
const OVERFLOW_BYTES = 64 * 1024 * 1024;

/** Body of the ping whose pong shows that all frames before it were read. */
const ALL_READ = "all-read";

/** One client connection: sends in batches, injects faults, logs sent frames. */
export class Connection {
  readonly number: number;
  /** Whether market data is sent to it. */
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

  /** `raw` is the TCP socket under `socket`. */
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

  /** Sets the protocol session. */
  set session(session: Session) {
    this.#session = session;
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get silent(): boolean {
    return this.#silentUntilMs !== 0;
  }

  /** Bytes not yet read by the client. */
  get unsentBytes(): number {
    return this.#raw.writableLength;
  }

  /** Sends market data or a heartbeat, subject to faults. */
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

  /** Whether to refuse a request for a market's data. */
  refuses(symbol: string, kind: FrameKind): boolean {
    const { standing } = this.#context;
    return !standing.empty && standing.refuses(symbol, kind);
  }

  /** Sends a reply, not subject to faults. */
  send(frame: string): void {
    if (!this.#transmit(frame)) return;
    this.#context.ledger?.json(this.number, frame.trimEnd());
  }

  /** Sends a keep-alive reply, which is not logged. */
  answer(text: string): void {
    this.#transmit(text);
  }

  /** Sends bytes that may not be JSON. */
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

  /** Flushes the batch to the socket. */
  flush(): void {
    this.#raw.uncork();
  }

  /** Handles a text frame. */
  received(text: string): void {
    this.#session?.received(text);
  }

  /** Sends a heartbeat; called about once a second. */
  heartbeat(): void {
    this.#session?.heartbeat();
  }

  /** Sends a ping frame. */
  ping(body: string): void {
    if (this.open && (!this.silent || this.#heartbeatsWhileSilent)) this.#socket.ping(body);
  }

  /** Resolves when the client has read all sent frames, or has disconnected. */
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

  /** Closes with a close frame. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Closes without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Cleans up after the socket closed. */
  gone(): void {
    this.playing = false;
    clearTimeout(this.#silenceTimer);
    this.#silentUntilMs = 0;
    this.#context.batching.delete(this);
    this.#session?.closed();
    this.#context.progress.notify();
  }

  /** Injects a fault. */
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

/** Flushes all open batches to the sockets. */
export function flushBatches(batching: Set<Connection>): void {
  for (const connection of batching) connection.flush();
  batching.clear();
}
