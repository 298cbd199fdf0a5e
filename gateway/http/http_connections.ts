import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { GATEWAY_LIMITS } from "../limits.ts";

/**
 * Sockets of the server, streams included. At the limit the socket that has waited longest without
 * a request is evicted, so idle and half-sent connections never lock others out; a new socket is
 * closed only when all are in use. Idle sockets are closed after `keepAliveMs`.
 */
export class HttpConnections {
  #max: number;
  #onRefused: (reason: "idle_evicted" | "connections_max") => void;
  #open = new Set<Socket>();
  /** Sockets without a request, by start of the wait (ms of performance.now), oldest first. */
  #idle = new Map<Socket, number>();
  /** The accepted socket below a TLS socket. */
  #accepted = new WeakMap<Socket, Socket>();
  #timer: ReturnType<typeof setInterval>;

  /** One listener shared by all sockets. */
  #forget: (this: Socket) => void;

  constructor(max: number, onRefused: (reason: "idle_evicted" | "connections_max") => void) {
    this.#max = max;
    this.#onRefused = onRefused;
    const open = this.#open;
    const idle = this.#idle;
    this.#forget = function () {
      open.delete(this);
      idle.delete(this);
    };
    this.#timer = setInterval(() => this.#closeIdle(), GATEWAY_LIMITS.keepAliveMs / 4);
  }

  /** Adds an accepted socket. */
  add(socket: Socket): void {
    if (this.#open.size >= this.#max && !this.#evictIdle()) {
      this.#onRefused("connections_max");
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#idle.set(socket, performance.now());
    socket.on("close", this.#forget);
  }

  /** Links a TLS socket to its accepted socket: both count as one. */
  addTls(socket: TLSSocket): void {
    // The types lack `_parent`.
    const { _parent: accepted } = socket as TLSSocket & { _parent?: Socket };
    if (accepted !== undefined) this.#accepted.set(socket, accepted);
  }

  /** Marks a socket as busy: a request of it is being answered, or it became a stream. */
  markBusy(socket: Socket): void {
    this.#idle.delete(this.#accepted.get(socket) ?? socket);
  }

  /** Marks a socket as idle: all its requests are answered. */
  markIdle(socket: Socket): void {
    const accepted = this.#accepted.get(socket) ?? socket;
    if (this.#open.has(accepted)) this.#idle.set(accepted, performance.now());
  }

  /** Stops closing idle sockets. */
  close(): void {
    clearInterval(this.#timer);
  }

  #evictIdle(): boolean {
    for (const socket of this.#idle.keys()) {
      this.#onRefused("idle_evicted");
      this.#drop(socket);
      return true;
    }
    return false;
  }

  #closeIdle(): void {
    const latestMs = performance.now() - GATEWAY_LIMITS.keepAliveMs;
    for (const [socket, sinceMs] of this.#idle) {
      if (sinceMs > latestMs) return;
      this.#drop(socket);
    }
  }

  #drop(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
    socket.destroy();
  }
}
