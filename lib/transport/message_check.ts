import { TransportError } from "@ssmd/runtime";
import { assertHeaders } from "./message_headers.ts";
import type { OutMessage } from "./transport.ts";

const SUBJECTS_REMEMBERED_MAX = 100_000;
/** Line breaks end a header's value, and leading or trailing blanks would be lost. */
const PRINTABLE = /^[!-~]*$/;

/** Rejects messages that the bus would never take, before they block a queue. */
export class MessageCheck {
  #env: string;
  #payloadBytesMax: () => number;
  #subjects = new Set<string>();

  /** Only subjects below `env` are stored; `payloadBytesMax` returns the server's current limit. */
  constructor(env: string, payloadBytesMax: () => number) {
    this.#env = env;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /**
   * Throws TransportError `SUBJECT_INVALID`, `ID_INVALID`, `HEADER_INVALID` or `MESSAGE_TOO_LARGE`.
   */
  assertValid(message: OutMessage): void {
    if (!this.#subjects.has(message.subject)) this.#assertSubject(message.subject);
    if (!PRINTABLE.test(message.id)) throw invalidId(message.id);
    if (message.headers !== undefined) assertHeaders(message.headers);
    const bytesMax = this.#payloadBytesMax();
    if (sizeOf(message) > bytesMax) throw tooLarge(message, bytesMax);
  }

  #assertSubject(subject: string): void {
    const env = this.#env;
    if (!subject.startsWith(`${env}.`) || !/^[^\s.*>]+(\.[^\s.*>]+)+$/.test(subject)) {
      throw new TransportError("SUBJECT_INVALID", `Nothing can be published on "${subject}"`, {
        context: { subject, env },
        hint: `A subject begins with "${env}." and has no blanks, wildcards or empty tokens`,
      });
    }
    if (this.#subjects.size >= SUBJECTS_REMEMBERED_MAX) this.#subjects.clear();
    this.#subjects.add(subject);
  }
}

/** Returns an upper bound of the bytes of payload and headers. */
export function sizeOf({ payload, id, headers }: OutMessage): number {
  let size = payload.length + id.length + 64;
  for (const [name, value] of headers ?? []) size += name.length + value.length + 4;
  return size;
}

function invalidId(id: string): TransportError {
  return new TransportError("ID_INVALID", `The message id ${JSON.stringify(id)} is refused`, {
    context: { id },
    hint: "An id is printable ASCII without blanks, such as `{run}-{frame}-{index}`",
  });
}

function tooLarge(message: OutMessage, bytesMax: number): TransportError {
  return new TransportError(
    "MESSAGE_TOO_LARGE",
    `A message of ${message.payload.length} bytes on "${message.subject}" is too large`,
    {
      context: { subject: message.subject, id: message.id, bytesMax },
      hint: `The nats-server takes ${bytesMax} bytes; raise its max_payload`,
    },
  );
}
