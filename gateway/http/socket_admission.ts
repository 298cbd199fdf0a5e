import type { Socket } from "node:net";
import { GATEWAY_LIMITS } from "../limits.ts";

/** A new socket whose turn has not come. */
interface WaitingSocket {
  socket: Socket;
  begin: () => void;
}

/** Sockets of one address. */
interface AddressSockets {
  /** Failed ones of about the last second: older ones count less and less. */
  failed: number;
  waiting: Set<WaitingSocket>;
}

/**
 * Admits new sockets. While more than `failedSocketsMax` sockets of an address failed within about
 * a second, its new ones wait and are admitted at `slowSocketsPerSecond`, in order, once they sent
 * something; those that left are let go. A flood then costs an accept each and not a request each;
 * nothing is refused, and open sockets do not notice.
 */
export class SocketAdmission {
  /** By address; only those of which a socket failed lately. */
  #addresses = new Map<string, AddressSockets>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;

  /** Calls `begin` when the socket is admitted: at once, later, or never if it was closed. */
  admit(address: string, socket: Socket, begin: () => void): void {
    const sockets = this.#addresses.get(address);
    if (sockets === undefined || !isSlow(sockets)) return begin();
    if (this.#isClosed) socket.destroy();
    else sockets.waiting.add({ socket, begin });
  }

  /** Counts a socket that ended without a good answer, or a stream that ended as soon as it began. */
  addFailed(address: string): void {
    const sockets = this.#addresses.get(address);
    if (sockets !== undefined) return void sockets.failed++;
    if (this.#isClosed) return;
    this.#addresses.set(address, { failed: 1, waiting: new Set() });
    this.#timer ??= setInterval(() => this.#admitWaiting(), GATEWAY_LIMITS.admitEveryMs);
  }

  /** Stops, and closes the sockets that wait: a server without them as requests waits for their end. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const { waiting } of this.#addresses.values()) {
      for (const { socket } of waiting) socket.destroy();
      waiting.clear();
    }
  }

  #admitWaiting(): void {
    const { admitEveryMs, slowSocketsPerSecond } = GATEWAY_LIMITS;
    const kept = 1 - admitEveryMs / 1000;
    for (const [address, sockets] of this.#addresses) {
      sockets.failed *= kept;
      admitFirst(sockets.waiting, Math.ceil(slowSocketsPerSecond * admitEveryMs / 1000));
      if (sockets.failed < 1 && sockets.waiting.size === 0) this.#addresses.delete(address);
    }
    if (this.#addresses.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function isSlow({ failed, waiting }: AddressSockets): boolean {
  return failed > GATEWAY_LIMITS.failedSocketsMax || waiting.size > 0;
}

/** Admits the first sockets that sent something: others do not wait behind those that stay silent. */
function admitFirst(waiting: Set<WaitingSocket>, count: number): void {
  let left = count;
  for (const each of waiting) {
    if (left === 0) return;
    const { socket, begin } = each;
    if (hasLeft(socket)) {
      waiting.delete(each);
      socket.destroy();
    } else if (socket.readableLength > 0) {
      waiting.delete(each);
      left--;
      begin();
    }
  }
}

/** Whether the other side has closed its end; `readableEnded` only tells once all was read. */
function hasLeft(socket: Socket): boolean {
  const { _readableState: state } = socket as Socket & { _readableState?: { ended?: boolean } };
  return socket.destroyed || state?.ended === true;
}
