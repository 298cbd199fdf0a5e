import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import type { Access, StreamSession } from "../access/access.ts";
import type { Caller } from "../access/caller.ts";
import type { Authenticator, Lease } from "../access/authenticator.ts";
import type { AccessDenied } from "../access/access_denied.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { nowUs } from "@ssmd/runtime";
import { Client } from "./client.ts";
import { type ConnectionQuery, connectionQuery } from "./connection_query.ts";
import { type ErrorMeaning, STREAM_ERRORS, type StreamErrorCode } from "../protocol/error_codes.ts";
import { textFrame } from "./frames.ts";
import type { ByteSink } from "./socket_writer.ts";
import type { ClientRequest } from "./request.ts";
import { RequestError } from "./request_error.ts";
import { RequestHandler, type StreamContext } from "./request_handler.ts";
import type { BufferLimits, SlowPolicy } from "../protocol/slow_policy.ts";
import { ENCODING } from "./encoding.ts";

/** WebSocket with a reference to its connection, so that all share one set of listeners. */
export class StreamSocket extends WebSocket {
  connection: Connection | undefined;
}

function onMessage(this: WebSocket, bytes: Buffer, isBinary: boolean): void {
  (this as StreamSocket).connection?.onMessage(bytes, isBinary);
}

function onPong(this: WebSocket): void {
  (this as StreamSocket).connection?.noteActivity();
}

function onPing(this: WebSocket): void {
  (this as StreamSocket).connection?.onPing();
}

function onError(this: WebSocket, error: Error): void {
  (this as StreamSocket).connection?.noteFailure(error);
}

/** Writes prepared frames into a socket, bypassing the WebSocket that reads from it. */
class SocketSink implements ByteSink {
  #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get heldBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array, done: () => void): void {
    if (this.#socket.writable) this.#socket.write(bytes, done);
  }
}

/** Options of {@linkcode Connection}. */
interface ConnectionOptions {
  id: number;
  socket: Socket;
  access: Access;
  /** Remote address, without a port. */
  address: string;
  query: URLSearchParams;
  policyDefault: SlowPolicy;
  limits: BufferLimits;
  /** Silence after which the client counts as dead, ms. */
  deadAfterMs: number;
  context: StreamContext;
}

/** One stream connection: reads and closes its socket. */
export class Connection implements StreamSession {
  readonly access: Access;
  readonly client: Client;
  readonly address: string;
  /** Time of connection, µs. */
  readonly sinceUs: number = nowUs();
  #socket: Socket;
  #context: StreamContext;
  #handler: RequestHandler;
  /** Options from the address; cleared when the connection starts. */
  #query: ConnectionQuery | undefined;
  #ws: WebSocket | undefined;
  #lease: Lease | undefined;
  #reason = "";
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  #deadAfterMs: number;
  #activeAtMs = performance.now();
  #tokens = GATEWAY_LIMITS.clientRequestsPerSecondMax * 2;
  #tokensMs = this.#activeAtMs;

  constructor(options: ConnectionOptions) {
    const { id, socket, access, context, limits } = options;
    this.access = access;
    this.address = options.address;
    this.#socket = socket;
    this.#deadAfterMs = options.deadAfterMs;
    this.#context = context;
    const query = this.#query = connectionQuery(options.query, options.policyDefault);
    const { policy } = query;
    const sink = new SocketSink(socket);
    const owner = context.hub;
    this.client = new Client({ id, sink, owner, access, policy, limits });
    this.#handler = new RequestHandler(this.client, context, {
      address: this.address,
      onTransformEnded: ({ message, hint }) => this.refuse("transform_ended", message, hint),
    });
  }

  /** Reason why it ended or is ending; empty while open. */
  get reason(): string {
    return this.#reason;
  }

  /** The newest error that was sent. */
  get lastError(): RequestHandler["lastError"] {
    return this.#handler.lastError;
  }

  /** Opens a session for its client. Rejects with {@linkcode AccessDenied}. */
  async openSession(authenticator: Authenticator, caller: Caller): Promise<void> {
    this.#lease = await authenticator.openSession(this, caller);
  }

  /** Releases its resources, started or not. Idempotent. */
  end(): void {
    if (this.#reason === "") this.#reason = "closed by the client";
    clearTimeout(this.#closeTimer);
    this.#lease?.release(this.#reason);
    this.#handler.close();
    this.#context.hub.removeClient(this.client);
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<unknown> {
    const ws = this.#ws;
    return ws === undefined ? Promise.resolve() : new Promise((done) => ws.once("close", done));
  }

  /** Starts the connection after the handshake. */
  start(
    ws: StreamSocket,
    welcome: string,
    request: ClientRequest | RequestError | undefined,
  ): void {
    this.#ws = ws;
    const isDeflated = String(ws.extensions).includes("permessage-deflate");
    const json = isDeflated ? ENCODING.deflatedJson : ENCODING.json;
    this.client.sendQueue.encoding = this.#query?.format === "capnp" ? ENCODING.capnp : json;
    this.#context.hub.addClient(this.client);
    ws.connection = this;
    ws.on("message", onMessage);
    ws.on("pong", onPong);
    ws.on("ping", onPing);
    ws.on("error", onError);
    this.client.sendQueue.sendControl(welcome);
    for (const error of this.#query?.errors ?? []) this.#handler.sendRefusal(error);
    this.#query = undefined;
    if (request !== undefined) this.#handler.handle(request);
  }

  /**
   * Sends a ping, or ends a silent connection and returns false. `stoppedMs` is the time during
   * which this process was paused: frames that arrived meanwhile are not read yet.
   */
  probe(stoppedMs: number): boolean {
    if (performance.now() - this.#activeAtMs <= this.#deadAfterMs + stoppedMs) {
      this.#ws?.ping();
      return true;
    }
    this.terminate("silent");
    return false;
  }

  /** Closes with a closing handshake, after everything sent before. */
  close(code: number, reason: string): void {
    if (this.#reason === "") this.#reason = reason;
    this.client.sendQueue.flush();
    // Send nothing more while the close is unanswered.
    this.client.close();
    this.#ws?.close(code, reason);
    this.#closeTimer ??= setTimeout(() => this.terminate(reason), GATEWAY_LIMITS.closeWaitMs);
  }

  /** Closes after sending an error message. */
  refuse(code: StreamErrorCode, message: string, hint: string): void {
    this.#handler.sendRefusal(new RequestError(code, message, { hint }));
    const meaning: ErrorMeaning = STREAM_ERRORS[code];
    this.close(meaning.close ?? 1008, code);
  }

  /** Closes a client that does not read: discards its buffer, but sends the reason. */
  refuseSlow(): void {
    const dropMessage = this.client.sendQueue.takeDropMessage();
    this.client.close();
    const error = {
      ...{ type: "error", code: "slow_client", number: STREAM_ERRORS.slow_client.number },
      message: "the client does not read fast enough",
      hint: "Read faster, subscribe to less, or take the mode conflated",
    };
    if (dropMessage !== undefined) this.#socket.write(textFrame(dropMessage));
    this.#socket.write(textFrame(JSON.stringify(error)));
    this.close(STREAM_ERRORS.slow_client.close, "slow_client");
  }

  /** Destroys the socket at once and discards the buffer. */
  terminate(reason: string): void {
    if (this.#reason === "") this.#reason = reason;
    if (this.#ws === undefined) this.#socket.destroy();
    else this.#ws.terminate();
  }

  onAccessChanged(): void {
    const { hub, data } = this.#context;
    hub.updateInterests(this.client, data.markets());
  }

  onDenied(denied: AccessDenied): void {
    const { message, hint } = denied;
    if (denied.code === "DISCONNECTED") return this.refuse("disconnected", message, hint);
    const code = denied.code.toLowerCase();
    this.#handler.sendRefusal(new RequestError(code, message, { hint }));
    this.close(denied.closeCode, code);
  }

  onNotice(notice: Record<string, unknown>): void {
    this.client.sendQueue.sendControl(JSON.stringify({ type: "notice", ...notice }));
  }

  /** Logs a failure of the WebSocket, which closes itself. */
  noteFailure(error: Error): void {
    this.#context.logger.debug("client connection failed", { client: this.client.id, error });
  }

  /** Notes that the client sent something. */
  noteActivity(): void {
    this.#activeAtMs = performance.now();
  }

  /** Handles a ping, which counts as a request. */
  onPing(): void {
    this.noteActivity();
    if (!this.#takeToken()) this.#refuseTooFast();
  }

  /** Handles a message. */
  onMessage(bytes: Buffer, isBinary: boolean): void {
    this.noteActivity();
    if (!this.#takeToken()) return this.#refuseTooFast();
    const denied = this.access.takeRequest();
    if (denied !== undefined) {
      const { code, message, hint } = denied;
      this.#handler.sendRefusal(new RequestError(code.toLowerCase(), message, { hint }));
    } else if (isBinary) {
      this.#handler.sendRefusal(
        new RequestError("binary_not_supported", "The message is binary", {
          hint: "Send JSON as text",
        }),
      );
    } else this.#handler.handleText(bytes.toString("utf8"));
  }

  #refuseTooFast(): void {
    const most = GATEWAY_LIMITS.clientRequestsPerSecondMax;
    this.refuse("too_many_requests", "requests come too fast", `at most ${most} a second`);
  }

  /** Takes a token for one request; returns false when the client sends too many. */
  #takeToken(): boolean {
    const now = performance.now();
    const rate = GATEWAY_LIMITS.clientRequestsPerSecondMax;
    const refill = (now - this.#tokensMs) / 1000 * rate;
    this.#tokens = Math.min(rate * 2, this.#tokens + refill) - 1;
    this.#tokensMs = now;
    return this.#tokens >= 0;
  }
}
