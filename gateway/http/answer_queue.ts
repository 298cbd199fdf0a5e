import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { HttpConnections } from "./http_connections.ts";

/** Reason why a socket was cut. */
type CutReason = "pipelining" | "answer_not_read" | "answers_unread_max";

/** Requests of one socket. */
interface SocketRequests {
  /** Requests without a complete answer. */
  open: number;
  /** Resolves when the newest request is answered. */
  last: Promise<void>;
}

/**
 * Backpressure for pipelined requests, which Deno's node:http lacks: requests of a socket are
 * answered one after another, each after the socket took the previous answer. A socket is cut
 * beyond `pipelinedRequestsMax`, when an answer is not read for `answerReadMs`, and as the oldest
 * unread one when all unread answers exceed `answersUnreadBytesMax`.
 */
export class AnswerQueue {
  #connections: HttpConnections;
  #onCut: (reason: CutReason) => void;
  #requests = new WeakMap<Socket, SocketRequests>();
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
    if (socket.destroyed) return;
    if (requests.open >= GATEWAY_LIMITS.pipelinedRequestsMax) {
      stopParsing(socket);
      return this.#cut(socket, "pipelining");
    }
    requests.open++;
    this.#connections.markBusy(socket);
    requests.last = requests.last.then(() => this.#answer(socket, response, answer)).then(() => {
      if (--requests.open === 0) this.#connections.markIdle(socket);
    });
  }

  #requestsOf(socket: Socket): SocketRequests {
    let requests = this.#requests.get(socket);
    if (requests === undefined) {
      requests = { open: 0, last: Promise.resolve() };
      this.#requests.set(socket, requests);
    }
    return requests;
  }

  async #answer(
    socket: Socket,
    response: ServerResponse,
    answer: () => Promise<void>,
  ): Promise<void> {
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
