import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { HttpConnections } from "./http_connections.ts";
import { TurnQueue } from "./turn_queue.ts";

/** Reason why a socket was cut. */
type CutReason = "pipelining" | "answer_not_read" | "answers_unread_max";

/** Requests of one socket. */
interface SocketRequests {
  /** Requests without a complete answer. */
  open: Set<IncomingMessage>;
  /** Resolves when the newest request is answered. */
  last: Promise<void>;
}

/**
 * Backpressure for pipelined requests, which Deno's node:http lacks: requests of a socket are
 * answered one after another, each after the socket took the previous answer. A socket is cut
 * beyond `pipelinedRequestsMax`, when an answer is not read for `answerReadMs`, and as the oldest
 * unread one when all unread answers exceed `answersUnreadBytesMax`. Of all sockets,
 * `answersPerTurnMax` requests start in one turn of the event loop, with addresses in turn.
 */
export class AnswerQueue {
  #connections: HttpConnections;
  #onCut: (reason: CutReason) => void;
  #requests = new WeakMap<Socket, SocketRequests>();
  #turns = new TurnQueue(GATEWAY_LIMITS.answersPerTurnMax);
  /** Bytes that sockets have not taken yet; the oldest first. */
  #unread = new Map<Socket, number>();
  #unreadBytes = 0;

  constructor(connections: HttpConnections, onCut: (reason: CutReason) => void) {
    this.#connections = connections;
    this.#onCut = onCut;
  }

  /** Calls `answer` in the request's turn; it must end the response and never reject. */
  add(request: IncomingMessage, response: ServerResponse, answer: () => Promise<void>): void {
    const { socket } = request;
    const requests = this.#requestsOf(socket);
    if (socket.destroyed) return void request.destroy();
    if (requests.open.size >= GATEWAY_LIMITS.pipelinedRequestsMax) {
      stopParsing(socket);
      this.#cut(socket, "pipelining");
      return void request.destroy();
    }
    requests.open.add(request);
    this.#connections.markBusy(socket);
    requests.last = requests.last.then(() => this.#answer(socket, response, answer)).then(() => {
      requests.open.delete(request);
      if (socket.destroyed) request.destroy();
      if (response.statusCode < 400) this.#connections.markProven(socket);
      if (requests.open.size === 0) this.#connections.markIdle(socket);
    });
  }

  #requestsOf(socket: Socket): SocketRequests {
    let requests = this.#requests.get(socket);
    if (requests === undefined) {
      const open = new Set<IncomingMessage>();
      requests = { open, last: Promise.resolve() };
      this.#requests.set(socket, requests);
      // Before node's own listeners, which destroy each open request with an error and format its
      // stack: half the processor time of a socket that pipelines and is cut.
      const abandon = () => open.forEach((request) => void request.destroy());
      socket.prependListener("end", abandon);
      socket.prependListener("close", abandon);
    }
    return requests;
  }

  async #answer(
    socket: Socket,
    response: ServerResponse,
    answer: () => Promise<void>,
  ): Promise<void> {
    if (socket.destroyed) return;
    const { promise: turn, resolve } = Promise.withResolvers<void>();
    this.#turns.run(socket.remoteAddress ?? "", resolve);
    await turn;
    if (socket.destroyed) return;
    await answer();
    if (socket.destroyed || response.closed) return;
    this.#hold(socket);
    const timer = setTimeout(
      () => this.#cut(socket, "answer_not_read"),
      GATEWAY_LIMITS.answerReadMs,
    );
    await waitUntilTaken(socket, response);
    clearTimeout(timer);
    this.#release(socket);
  }

  #hold(socket: Socket): void {
    const bytes = socket.writableLength;
    this.#unread.set(socket, bytes);
    this.#unreadBytes += bytes;
    for (const [oldest] of this.#unread) {
      if (this.#unreadBytes <= GATEWAY_LIMITS.answersUnreadBytesMax) return;
      this.#cut(oldest, "answers_unread_max");
    }
  }

  #release(socket: Socket): void {
    this.#unreadBytes -= this.#unread.get(socket) ?? 0;
    this.#unread.delete(socket);
  }

  #cut(socket: Socket, reason: CutReason): void {
    this.#release(socket);
    if (socket.destroyed) return;
    this.#onCut(reason);
    socket.destroy();
  }
}

/** Resolves when the socket took the whole answer or was closed. */
function waitUntilTaken(socket: Socket, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      socket.off("close", end);
      response.off("close", end);
      resolve();
    };
    socket.on("close", end);
    response.on("close", end);
  });
}

/**
 * Stops parsing what a socket already sent. Neither pausing nor destroying the socket does: one
 * chunk of 64 KiB would still produce thousands of requests. `2` is node's code for "no longer
 * HTTP".
 */
function stopParsing(socket: Socket & { parser?: { onIncoming?: () => number } | null }): void {
  if (socket.parser?.onIncoming !== undefined) socket.parser.onIncoming = () => 2;
}
