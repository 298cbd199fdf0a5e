/// <reference lib="dom" />
import type { Message } from "../state/message.ts";

/** Displayed state of the connection. */
export type ConnectionState =
  | { state: "connecting"; brokenSinceMs: number | null }
  | { state: "live"; brokenSinceMs: number | null }
  | { state: "waiting"; brokenSinceMs: number | null; seconds: number };

const FIRST_DELAY_MS = 250;
const DELAY_MS_MAX = 10_000;
const PING_EVERY_MS = 8_000;
const SILENCE_MS_MAX = 20_000;
const LOOK_EVERY_MS = 250;

/** Receives events of a connection. */
interface ConnectionListener {
  /** Called when open; `brokenSinceMs` = end of the previous connection, null = none. */
  onOpen(brokenSinceMs: number | null): void;
  onMessage(message: Message): void;
  onState(state: ConnectionState): void;
  /** Called when the connection closed or failed to open. */
  onBroken(code: number): void;
}

/** WebSocket to the gateway; reconnects when it breaks or is silent. */
export class Connection {
  #listener: ConnectionListener;
  #ws: WebSocket | undefined;
  #delayMs = FIRST_DELAY_MS;
  #heardMs = 0;
  #retryAtMs = 0;
  #brokenSinceMs: number | null = null;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
    this.#connect();
    setInterval(() => this.#watch(), LOOK_EVERY_MS);
    setInterval(() => this.send({ action: "ping" }), PING_EVERY_MS);
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retryNow();
    });
  }

  /** True while messages can flow. */
  get open(): boolean {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  /** Sends a request; dropped while disconnected. */
  send(request: Record<string, unknown>): void {
    if (this.open) this.#ws?.send(JSON.stringify(request));
  }

  /** Reconnects immediately, skipping the backoff. */
  retryNow(): void {
    if (this.#retryAtMs > 0) this.#connect();
  }

  /** Reconnects after the user changed. */
  restart(): void {
    this.#delayMs = FIRST_DELAY_MS;
    if (this.#retryAtMs > 0) this.#connect();
    else this.#ws?.close();
  }

  #connect(): void {
    this.#retryAtMs = 0;
    this.#heardMs = Date.now();
    this.#listener.onState({ state: "connecting", brokenSinceMs: this.#brokenSinceMs });
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const ws = new WebSocket(`${scheme}//${location.host}/v1/stream`);
    this.#ws = ws;
    ws.onopen = () => this.#opened();
    ws.onmessage = ({ data }) => {
      if (this.#ws !== ws) return;
      this.#heardMs = Date.now();
      this.#listener.onMessage(JSON.parse(data));
    };
    ws.onclose = ({ code }) => {
      if (this.#ws === ws) this.#broken(code);
    };
  }

  #opened(): void {
    const brokenSinceMs = this.#brokenSinceMs;
    this.#brokenSinceMs = null;
    this.#delayMs = FIRST_DELAY_MS;
    this.#listener.onState({ state: "live", brokenSinceMs });
    this.#listener.onOpen(brokenSinceMs);
  }

  #broken(code: number): void {
    this.#ws = undefined;
    this.#brokenSinceMs ??= Date.now();
    // Jitter of ±10 %, so that pages do not all reconnect at once.
    this.#retryAtMs = Date.now() + this.#delayMs * (0.9 + 0.2 * Math.random());
    this.#delayMs = Math.min(DELAY_MS_MAX, this.#delayMs * 2);
    this.#listener.onBroken(code);
    this.#watch();
  }

  #watch(): void {
    const now = Date.now();
    if (this.#retryAtMs > 0) {
      if (this.#retryAtMs <= now) return this.#connect();
      const seconds = Math.ceil((this.#retryAtMs - now) / 1000);
      const brokenSinceMs = this.#brokenSinceMs;
      this.#listener.onState({ state: "waiting", brokenSinceMs, seconds });
    } else if (now - this.#heardMs > SILENCE_MS_MAX) {
      const silent = this.#ws;
      this.#broken(0);
      silent?.close();
    }
  }
}
