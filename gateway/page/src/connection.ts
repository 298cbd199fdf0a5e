/// <reference lib="dom" />

/** A message of the stream. */
export type Message = Record<string, unknown> & { type: string };

/** How the connection is, for the eye. */
export type ConnectionState =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "waiting"; seconds: number };

const FIRST_DELAY_MS = 250;
const DELAY_MS_MAX = 10_000;
const PING_EVERY_MS = 8_000;
const SILENCE_MS_MAX = 20_000;

/** What a connection tells. */
export interface ConnectionListener {
  onOpen(): void;
  onMessage(message: Message): void;
  onState(state: ConnectionState): void;
}

/** The WebSocket to the gateway: makes itself anew when it breaks or falls silent. */
export class Connection {
  #listener: ConnectionListener;
  #ws: WebSocket | undefined;
  #delayMs = FIRST_DELAY_MS;
  #heardMs = 0;
  #retryAtMs = 0;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
    this.#connect();
    setInterval(() => this.#watch(), 500);
    setInterval(() => this.send({ action: "ping" }), PING_EVERY_MS);
    addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => this.#retryNow());
  }

  /** Whether messages flow. */
  get open(): boolean {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  /** Sends a request; nothing happens while there is no connection. */
  send(request: Record<string, unknown>): void {
    if (this.open) this.#ws?.send(JSON.stringify(request));
  }

  #connect(): void {
    this.#retryAtMs = 0;
    this.#heardMs = Date.now();
    this.#listener.onState({ state: "connecting" });
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const ws = new WebSocket(`${scheme}//${location.host}/v1/stream`);
    this.#ws = ws;
    ws.onopen = () => {
      this.#delayMs = FIRST_DELAY_MS;
      this.#listener.onState({ state: "live" });
      this.#listener.onOpen();
    };
    ws.onmessage = ({ data }) => {
      this.#heardMs = Date.now();
      this.#listener.onMessage(JSON.parse(data));
    };
    ws.onclose = () => {
      if (this.#ws === ws) this.#broken();
    };
  }

  #broken(): void {
    this.#ws = undefined;
    this.#retryAtMs = Date.now() + this.#delayMs * (0.8 + 0.4 * Math.random());
    this.#delayMs = Math.min(DELAY_MS_MAX, this.#delayMs * 2);
    this.#watch();
  }

  #watch(): void {
    if (this.#retryAtMs > 0) {
      const waitMs = this.#retryAtMs - Date.now();
      if (waitMs <= 0) this.#connect();
      else this.#listener.onState({ state: "waiting", seconds: Math.ceil(waitMs / 1000) });
    } else if (Date.now() - this.#heardMs > SILENCE_MS_MAX) {
      const silent = this.#ws;
      this.#broken();
      silent?.close();
    }
  }

  #retryNow(): void {
    if (this.#retryAtMs > 0 && document.visibilityState === "visible") this.#connect();
  }
}
