import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { groupOf } from "../access/address_guard.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { SocketAdmission } from "./socket_admission.ts";

/** Reason why a socket was closed to make room. */
type ClosedReason = "idle_evicted" | "unproven_evicted" | "connections_max";

/**
 * Sockets of the server, streams included. At the limit the socket that has waited longest without
 * a request is evicted, so idle and half-sent connections never lock others out; a new socket is
 * closed only when all are in use. Idle sockets are closed after `keepAliveMs`. Of the sockets of
 * one address only a share may wait before a first good answer: one address cannot evict others.
 * New sockets of an address of which many failed are admitted slowly.
 */
export class HttpConnections {
  #max: number;
  #unprovenMax: number;
  #onRefused: (reason: ClosedReason) => void;
  #open = new Set<Socket>();
  /** Sockets without a request, by start of the wait (ms of performance.now), oldest first. */
  #idle = new Map<Socket, number>();
  /** Sockets without a good answer so far, by address, oldest first. */
  #unproven = new Map<string, Set<Socket>>();
  /** Keys of `#unproven`. */
  #groups = new WeakMap<Socket, string>();
  /** The accepted socket below a TLS socket. */
  #accepted = new WeakMap<Socket, Socket>();
  #admission = new SocketAdmission();
  #timer: ReturnType<typeof setInterval>;

  /** One listener shared by all sockets. */
  #forget: (this: Socket) => void;

  constructor(max: number, onRefused: (reason: ClosedReason) => void) {
    this.#max = max;
    this.#unprovenMax = Math.ceil(max * GATEWAY_LIMITS.unprovenShareMax);
    this.#onRefused = onRefused;
    const open = this.#open;
    const idle = this.#idle;
    const endUnproven = (socket: Socket) => {
      const address = this.#forgetUnproven(socket);
      if (address !== undefined) this.#admission.addFailed(address);
    };
    this.#forget = function () {
      open.delete(this);
      idle.delete(this);
      endUnproven(this);
    };
    this.#timer = setInterval(() => this.#closeIdle(), GATEWAY_LIMITS.keepAliveMs / 4);
  }

  /** Adds an accepted socket, and calls `begin` when it is admitted: requests are read from then on. */
  add(socket: Socket, begin: () => void): void {
    const address = groupOf(socket.remoteAddress ?? "");
    if (this.#open.size >= this.#max && !this.#evictIdle()) {
      this.#onRefused("connections_max");
      this.#admission.addFailed(address);
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#idle.set(socket, performance.now());
    socket.on("close", this.#forget);
    this.#addUnproven(socket, address);
    if (!socket.destroyed) this.#admission.admit(address, socket, begin);
  }

  /** Notes that a stream from `address` ended as soon as it began. */
  addShortStream(address: string): void {
    this.#admission.addFailed(groupOf(address));
  }

  /** Marks a socket as proven: it got a good answer or became a stream. */
  markProven(socket: Socket): void {
    this.#forgetUnproven(this.#accepted.get(socket) ?? socket);
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

  /** Stops closing idle sockets, and admitting those that wait. */
  close(): void {
    this.#admission.close();
    clearInterval(this.#timer);
  }

  #addUnproven(socket: Socket, group: string): void {
    let sockets = this.#unproven.get(group);
    if (sockets === undefined) this.#unproven.set(group, sockets = new Set());
    sockets.add(socket);
    this.#groups.set(socket, group);
    if (sockets.size <= this.#unprovenMax) return;
    for (const oldest of sockets) {
      if (!this.#idle.has(oldest)) continue;
      this.#onRefused("unproven_evicted");
      return this.#drop(oldest);
    }
  }

  /** Returns the address of a socket that was unproven. */
  #forgetUnproven(socket: Socket): string | undefined {
    const group = this.#groups.get(socket);
    if (group === undefined) return undefined;
    this.#groups.delete(socket);
    const sockets = this.#unproven.get(group);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#unproven.delete(group);
    return group;
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
    this.#forget.call(socket);
    socket.destroy();
  }
}
