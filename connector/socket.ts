import type { Buffer } from "node:buffer";
import {
  Backoff,
  LIMITS,
  type Logger,
  messageOf,
  RunningTime,
  sleep,
  SsmdError,
} from "@ssmd/runtime";
import type { Credentials, CredentialsSource, Venue } from "@ssmd/exchanges";
import { areSame } from "./accepted_credentials.ts";
import { type HandshakeRefusal, readRefusal, refusedCredentials } from "./handshake_refusal.ts";
import type { ConnectBudget } from "./connect_budget.ts";
import { SendPacer, type SendRate } from "./send_pacer.ts";
// @ts-types="@types/ws"
import WebSocket from "ws";

/** Callbacks of the socket, synchronous and in order. */
interface SocketListener {
  /** The connection is open with these credentials: subscribe now. */
  onConnect(credentials: Credentials): void;
  /** A frame arrived; `binary` as the venue marked it. */
  onFrame(bytes: Buffer, binary: boolean): void;
  /** It broke, or could not be opened (`opened` false); the next try is after `retryMs`. */
  onDisconnect(why: string, opened: boolean, retryMs: number): void;
  /** The venue refused the credentials; `onDisconnect` follows. */
  onDenied(credentials: Credentials, why: string): void;
}

/** Options of {@linkcode VenueSocket}. */
interface VenueSocketOptions {
  venue: Venue;
  endpoint: string;
  /** Called before each connection attempt. */
  credentials: CredentialsSource;
  /** Connection budget that all processes share for the endpoint. */
  budget: ConnectBudget;
  /** Send rate limit of a connection; absent = unlimited. */
  sendRate?: SendRate | undefined;
  listener: SocketListener;
  logger: Logger;
}

const WATCH_MS = 500;
const HANDSHAKE_MS_MAX = 10_000;
const HANDSHAKE_TOO_LONG = `the handshake was not over after ${HANDSHAKE_MS_MAX / 1000} s`;
/** Lifetime of a connection after which the backoff restarts. */
const GOOD_AFTER_MS = 30_000;
/** Longest pause after a short-lived connection. */
const SHORT_LIVED_MS_MAX = 10_000;
/** Pauses after refused credentials, which usually need a person to fix them. */
const DENIED_PAUSES = { firstMs: 500, maxMs: 300_000, factor: 4 } as const;
/** How often refused credentials are re-read. */
const CREDENTIALS_LOOK_MS = 1000;

/** Result of a connection attempt. */
interface ConnectEnd {
  opened: boolean;
  why: string;
  /** Credentials that the venue refused. */
  denied?: Credentials;
}

/**
 * A persistent connection to a venue: connects, sends keep-alives, detects silence (no frame and no
 * ping), and reconnects with backoff until closed.
 */
export class VenueSocket {
  #options: VenueSocketOptions;
  #stop = new AbortController();
  #pacer: SendPacer;
  #socket: WebSocket | undefined;
  #running: Promise<void> | undefined;
  /** Its time excludes suspensions, so that waiting frames are read before silence is judged. */
  #time = new RunningTime(WATCH_MS);
  #lastActivityMs = 0;
  #paused = false;

  constructor(options: VenueSocketOptions) {
    this.#options = options;
    this.#pacer = new SendPacer({
      rate: options.sendRate,
      send: (frame) => this.#sendNow(frame),
      onFull: () => this.#broken("too many requests wait for the venue's rate limit"),
    });
  }

  /** Starts connecting; retries until `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Sends a frame within the rate limit, if the socket is open. */
  send(frame: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#pacer.push(frame);
  }

  #sendNow(frame: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  /** Breaks the connection; a new one follows. */
  reconnect(why: string): void {
    this.#broken(why);
  }

  /** Handles refused credentials on an open connection as if it had not opened. */
  deny(answer: string): void {
    this.#isDenied = true;
    this.#broken(refusedCredentials(answer));
  }

  /** Stops reading: the venue's frames wait in the network until `resume`. */
  pause(): void {
    this.#paused = true;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  /** Resumes reading. */
  resume(): void {
    this.#paused = false;
    if (this.#socket?.isPaused) this.#socket.resume();
    this.#lastActivityMs = this.#time.nowMs;
  }

  /** Closes it for good. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#broken("stopped");
    await this.#running;
  }

  #whyBroken = "";
  #isDenied = false;

  #broken(why: string): void {
    this.#whyBroken ||= why;
    this.#socket?.terminate();
  }

  async #run(): Promise<void> {
    const backoff = new Backoff();
    const deniedBackoff = new Backoff(DENIED_PAUSES);
    const { logger, listener } = this.#options;
    while (!this.#stop.signal.aborted) {
      await this.#untilAllowed();
      if (this.#stop.signal.aborted) return;
      const startedMs = performance.now();
      const { opened, why, denied } = await this.#connectOnce();
      if (this.#stop.signal.aborted && !opened) return;
      if (opened && performance.now() - startedMs > GOOD_AFTER_MS) backoff.reset();
      if (denied === undefined) deniedBackoff.reset();
      else listener.onDenied(denied, why);
      const pauses = denied === undefined ? backoff : deniedBackoff;
      const isShort = opened && denied === undefined;
      const waitMs = Math.min(pauses.nextMs(), isShort ? SHORT_LIVED_MS_MAX : Infinity);
      listener.onDisconnect(why, opened, waitMs);
      if (this.#stop.signal.aborted) return;
      logger[denied === undefined ? "warn" : "error"](messageOfEnd(opened, denied), {
        endpoint: this.#options.endpoint,
        why,
        retry_in_ms: Math.round(waitMs),
      });
      if (denied === undefined) await sleep(waitMs, this.#stop.signal);
      else await this.#untilChanged(denied, waitMs);
    }
  }

  /** Waits for `waitMs`, or until the credentials change. */
  async #untilChanged(denied: Credentials, waitMs: number): Promise<void> {
    const { signal } = this.#stop;
    for (let leftMs = waitMs; leftMs > 0 && !signal.aborted; leftMs -= CREDENTIALS_LOOK_MS) {
      await sleep(Math.min(leftMs, CREDENTIALS_LOOK_MS), signal);
      // A file being written may be unreadable; it is read again.
      const now = await this.#options.credentials().catch(() => denied);
      if (!areSame(denied, now)) return;
    }
  }

  /** Waits for the connection budget, with jitter, as venues count connections by address. */
  async #untilAllowed(): Promise<void> {
    const { budget, logger, endpoint } = this.#options;
    const waitMs = budget.reserve();
    if (waitMs === 0) return;
    logger.warn("too many connections to the venue: the next one waits", {
      endpoint,
      wait_ms: waitMs,
    });
    await sleep(waitMs * (1 + Math.random() / 10), this.#stop.signal);
  }

  /** Opens a connection; resolves with the reason when it has ended. */
  async #connectOnce(): Promise<ConnectEnd> {
    const { venue, endpoint } = this.#options;
    this.#whyBroken = "";
    this.#isDenied = false;
    let socket: WebSocket;
    let credentials: Credentials;
    try {
      credentials = await this.#options.credentials();
      const { url, headers } = await venue.handshake(endpoint, credentials, Date.now());
      socket = new WebSocket(url, {
        headers,
        maxPayload: LIMITS.frameReceiveBytesMax,
        perMessageDeflate: false,
        skipUTF8Validation: true,
      });
    } catch (error) {
      const hint = error instanceof SsmdError && error.hint !== "" ? `. ${error.hint}` : "";
      return { opened: false, why: messageOf(error) + hint };
    }
    this.#socket = socket;
    const ended = this.#listen(socket, credentials);
    if (this.#stop.signal.aborted) socket.terminate();
    const result = await ended;
    this.#pacer.clear();
    this.#socket = undefined;
    return result;
  }

  #listen(socket: WebSocket, credentials: Credentials): Promise<ConnectEnd> {
    const { listener, venue } = this.#options;
    let opened = false;
    let why = "";
    let refusal: Promise<HandshakeRefusal> | undefined;
    let keepAlive: ReturnType<typeof setInterval> | undefined;
    const active = () => this.#lastActivityMs = this.#time.nowMs;
    this.#time.tick();
    active();
    const watch = setInterval(() => this.#watch(socket), WATCH_MS);
    socket.on("open", () => {
      opened = true;
      this.#time.tick();
      active();
      const alive = venue.keepAlive;
      if (alive) keepAlive = setInterval(() => this.send(alive.frame()), alive.intervalMs);
      listener.onConnect(credentials);
      if (this.#paused) socket.pause();
    });
    socket.on("message", (data: Buffer, binary: boolean) => {
      active();
      if (isAnswer(data, venue.keepAlive?.answer)) return;
      listener.onFrame(data, binary);
    });
    socket.on("ping", active);
    socket.on("pong", active);
    socket.on("unexpected-response", async (request, response) => {
      refusal = readRefusal(response, Object.keys(credentials).length > 0);
      await refusal;
      request.destroy();
      socket.terminate();
    });
    socket.on("error", (error: Error) => why ||= messageOf(error));
    return new Promise((resolve) =>
      socket.on("close", async (code: number, reason: Buffer) => {
        clearInterval(watch);
        clearInterval(keepAlive);
        const said = reason.toString();
        const closed = `closed by the venue: ${code}${said ? ` ${said}` : ""}`;
        // A connection may break within the answer that refuses it.
        const refused = await refusal;
        resolve({
          opened,
          why: this.#whyBroken || refused?.why || why || closed,
          ...(refused?.isDenied || this.#isDenied ? { denied: credentials } : {}),
        });
      })
    );
  }

  #watch(socket: WebSocket): void {
    const silentMs = this.#time.tick() - this.#lastActivityMs;
    // Nothing is read any more, and a venue may keep its end open.
    if (socket.readyState === WebSocket.CLOSING) return socket.terminate();
    if (socket.readyState === WebSocket.CONNECTING) {
      if (silentMs >= HANDSHAKE_MS_MAX) this.#broken(HANDSHAKE_TOO_LONG);
      return;
    }
    if (socket.isPaused || silentMs < this.#options.venue.silenceMsMax) return;
    this.#broken(`silent for ${Math.round(silentMs)} ms`);
  }
}

/** Returns whether a frame answers the keep-alive. */
function isAnswer(data: Buffer, answer: string | undefined): boolean {
  return answer !== undefined && data.length === answer.length && data.toString() === answer;
}

function messageOfEnd(opened: boolean, denied: Credentials | undefined): string {
  if (denied !== undefined) return "the venue refuses access";
  return opened ? "connection lost" : "connection refused";
}
