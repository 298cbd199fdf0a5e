import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { isOwnHeader } from "./message_headers.ts";
import type { SubjectSpace } from "./subject_space.ts";
import type { OutMessage } from "./transport.ts";

const PREFIX = new TextEncoder().encode("NATS/1.0\r\nNats-Msg-Id: ");
const LATE_NAME = "Ssmd-Late";
const LATE = new TextEncoder().encode(`\r\n${LATE_NAME}: 1`);
const SLAB_BYTES = 64 * 1024;
const CR = 13;
const LF = 10;

/** Returns whether a message was stored after later ones of its publisher. */
export function isLate(headers: MsgHdrs | undefined): boolean {
  return headers !== undefined && headers.get(LATE_NAME) !== "";
}

/** Returns a new header set for a message with headers besides its id. */
function headersOf({ id, headers: given }: OutMessage, late: boolean): MsgHdrs {
  const set = headers();
  if (id !== "") set.set("Nats-Msg-Id", id);
  if (late) set.set(LATE_NAME, "1");
  for (const [name, value] of given ?? []) set.set(name, value);
  return set;
}

/** Returns the publisher's own headers, without reserved ones. */
export function givenHeaders(received: MsgHdrs | undefined): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const name of received?.keys() ?? []) {
    if (!isOwnHeader(name)) given.set(name, received?.get(name) ?? "");
  }
  return given;
}

/**
 * Reusable header set with `Nats-Msg-Id` and, for late messages, a mark. When publishing, nats-core
 * only calls `encode()` on a header set, and holds the bytes until it writes them to the socket, so
 * the bytes are cut from slabs that are never overwritten. This takes a fifth of the time of a new
 * header set per message.
 */
class MsgIdHeader {
  /** Pass as `headers` of a publish, right after {@linkcode set}. */
  readonly headers: MsgHdrs;
  #slab = new Uint8Array(SLAB_BYTES);
  #used = 0;
  #encoded: Uint8Array = PREFIX;

  constructor() {
    this.headers = Object.assign(headers(), { encode: () => this.#encoded });
  }

  /** Sets the id, which is printable ASCII, and the late mark. */
  set(id: string, late: boolean): void {
    const size = PREFIX.length + id.length + (late ? LATE.length : 0) + 4;
    if (this.#used + size > SLAB_BYTES) {
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, size));
      this.#used = 0;
    }
    const slab = this.#slab;
    const start = this.#used;
    slab.set(PREFIX, start);
    let at = start + PREFIX.length;
    for (let i = 0; i < id.length; i++) {
      slab[at++] = id.charCodeAt(i);
    }
    if (late) {
      slab.set(LATE, at);
      at += LATE.length;
    }
    slab[at++] = CR;
    slab[at++] = LF;
    slab[at++] = CR;
    slab[at++] = LF;
    this.#used = at;
    this.#encoded = slab.subarray(start, at);
  }
}

/** Writes messages to a connection with reused publish options. */
export class NatsMessageWriter {
  #header = new MsgIdHeader();
  #options = { reply: "", headers: this.#header.headers };
  #plainOptions = { reply: "" };
  #space: SubjectSpace;

  /** `space` maps subjects to the server's. */
  constructor(space: SubjectSpace) {
    this.#space = space;
  }

  /** Publishes a message, acknowledged to `reply`. Throws when the connection has ended. */
  write(
    connection: Pick<NatsConnection, "publish">,
    message: OutMessage,
    { reply, isLate }: { reply: string; isLate: boolean },
  ): void {
    const { payload, id, headers } = message;
    const subject = this.#space.toServer(message.subject);
    if (headers !== undefined) {
      connection.publish(subject, payload, { reply, headers: headersOf(message, isLate) });
    } else if (id === "") {
      this.#plainOptions.reply = reply;
      connection.publish(subject, payload, this.#plainOptions);
    } else {
      this.#header.set(id, isLate);
      this.#options.reply = reply;
      connection.publish(subject, payload, this.#options);
    }
  }
}
