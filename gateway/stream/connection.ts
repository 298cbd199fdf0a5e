import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Access, StreamGuest } from "../access/access.ts";
import type { Caller, Gate, StreamVisit } from "../access/gate.ts";
import type { Refusal } from "../access/refusal.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { Client } from "./client.ts";
import type { Hub } from "./hub.ts";
import { type ClientRequest, RequestError } from "./request.ts";
import { Session, type SessionContext } from "./session.ts";

/** What a {@linkcode Connection} is made of. */
export interface ConnectionOptions extends SessionContext {
  id: number;
  socket: Socket;
  access: Access;
  hub: Hub;
}

/** One stream connection: what comes from its socket, and how it ends. */
export class Connection implements StreamGuest {
  readonly access: Access;
  readonly client: Client;
  #options: ConnectionOptions;
  #session: Session;
  #ws: WebSocket | undefined;
  #visit: StreamVisit | undefined;
  #reason = "";
  #seenMs = performance.now();
  #tokens = GATEWAY_LIMITS.clientRequestsPerSecondMax * 2;
  #tokensMs = this.#seenMs;

  constructor(options: ConnectionOptions) {
    const { socket, access, hub } = options;
    const write = (bytes: Uint8Array, done: () => void) =>
      socket.writable && socket.write(bytes, done);
    this.#options = options;
    this.access = access;
    this.client = new Client(options.id, { write }, hub, access);
    this.#session = new Session(this.client, options);
  }

  /** Counts from now on against what its client may have open. Throws Refusal. */
  enter(gate: Gate, caller: Caller): void {
    this.#visit = gate.enter(this, caller);
  }

  /** It is over, whether it was ever opened or not. Twice is harmless. */
  leave(reason = "closed by the client"): void {
    this.#visit?.leave(this.#reason === "" ? reason : this.#reason);
    this.#options.hub.remove(this.client);
  }

  /** Resolves when the connection is over. */
  get closed(): Promise<unknown> {
    const ws = this.#ws;
    return ws === undefined ? Promise.resolve() : new Promise((done) => ws.once("close", done));
  }

  /** The handshake is done. */
  open(ws: WebSocket, welcome: string, request: ClientRequest | RequestError | undefined): void {
    this.#ws = ws;
    this.#options.hub.add(this.client);
    ws.on("message", (bytes: Buffer, isBinary: boolean) => this.#onMessage(bytes, isBinary));
    ws.on("pong", () => this.#seen());
    ws.on("ping", () => this.#onPing());
    this.client.control(welcome);
    if (request !== undefined) this.#session.onRequest(request);
  }

  /** Pings, or ends a connection from which nothing comes; false = it was silent too long. */
  probe(): boolean {
    if (performance.now() - this.#seenMs <= GATEWAY_LIMITS.deadAfterMs) {
      this.#ws?.ping();
      return true;
    }
    this.cut("silent");
    return false;
  }

  /** Ends it with a closing handshake: everything given before is sent first. */
  close(code: number, reason: string): void {
    if (this.#reason === "") this.#reason = reason;
    this.client.flush();
    this.#ws?.close(code, reason);
  }

  /** Ends it at once: what waits for it is lost. */
  cut(reason: string): void {
    if (this.#reason === "") this.#reason = reason;
    if (this.#ws === undefined) this.#options.socket.destroy();
    else this.#ws.terminate();
  }

  onAccessChanged(): void {
    const { hub, data } = this.#options;
    hub.refresh(this.client, data.markets());
  }

  onRefused(refusal: Refusal): void {
    const { code, message, hint } = refusal;
    this.#session.refuse(new RequestError(code.toLowerCase(), message, hint));
    this.close(refusal.closeCode, code.toLowerCase());
  }

  onNotice(notice: Record<string, unknown>): void {
    this.client.control(JSON.stringify({ type: "notice", ...notice }));
  }

  #seen(): void {
    this.#seenMs = performance.now();
  }

  #onPing(): void {
    this.#seen();
    if (!this.#spend()) this.#tooFast();
  }

  #onMessage(bytes: Buffer, isBinary: boolean): void {
    this.#seen();
    if (!this.#spend()) return this.#tooFast();
    const refusal = this.access.spend();
    if (refusal !== undefined) {
      const { code, message, hint } = refusal;
      this.#session.refuse(new RequestError(code.toLowerCase(), message, hint));
    } else if (isBinary) {
      this.#session.refuse(
        new RequestError("binary_not_supported", "the message is binary", "send JSON as text"),
      );
    } else this.#session.onText(bytes.toString("utf8"));
  }

  #tooFast(): void {
    const most = GATEWAY_LIMITS.clientRequestsPerSecondMax;
    this.#session.refuse(
      new RequestError("too_many_requests", "requests come too fast", `at most ${most} a second`),
    );
    this.close(1008, "too many requests");
  }

  /** Takes a token for one request; false when the client asks too often. */
  #spend(): boolean {
    const now = performance.now();
    const rate = GATEWAY_LIMITS.clientRequestsPerSecondMax;
    const refill = (now - this.#tokensMs) / 1000 * rate;
    this.#tokens = Math.min(rate * 2, this.#tokens + refill) - 1;
    this.#tokensMs = now;
    return this.#tokens >= 0;
  }
}
