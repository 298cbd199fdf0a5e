import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { GATEWAY_LIMITS } from "../limits.ts";

/**
 * The sockets of the server, streams included. At the limit the one that has waited longest without
 * a request makes room, so idle and half-sent connections never lock others out; a new one is
 * closed only where every socket is in use. Idle sockets are closed after `keepAliveMs`.
 */
export class HttpConnections {
  #max: number;
  #onRefused: (reason: "idle_evicted" | "connections_max") => void;
  #open = new Set<Socket>();
  /** Sockets that wait for a request, since when (ms of performance.now); the oldest first. */
  #idle = new Map<Socket, number>();
  /** The socket under one with TLS. */
  #accepted = new WeakMap<Socket, Socket>();
  #timer: ReturnType<typeof setInterval>;

  /** One listener for all sockets. */
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

  /** A socket was accepted. */
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

  /** TLS was agreed on over a socket that was accepted: from now on both count as one. */
  addTls(socket: TLSSocket): void {
    // Only the types are without it.
    const { _parent: accepted } = socket as TLSSocket & { _parent?: Socket };
    if (accepted !== undefined) this.#accepted.set(socket, accepted);
  }

  /** A request of this socket is being answered, or it became a stream. */
  markBusy(socket: Socket): void {
    this.#idle.delete(this.#accepted.get(socket) ?? socket);
  }

  /** All requests of this socket are answered. */
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
