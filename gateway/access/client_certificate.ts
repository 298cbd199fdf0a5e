import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Caller, ShownCertificate } from "./caller.ts";
import { certificateSubject } from "./certificate_subject.ts";
import { headerOf } from "./credential.ts";

/** Header in which TLS-terminating proxies forward the client's certificate. */
const HEADER = "x-forwarded-client-cert";

const SHOWN = new WeakMap<Socket, { certificate: ShownCertificate | undefined }>();

/** Returns the certificate of a connection; empty = no certificate, or no TLS. */
export function callerCertificate(socket: Socket): Pick<Caller, "certificate"> {
  let shown = SHOWN.get(socket);
  if (shown === undefined) {
    shown = { certificate: socket instanceof TLSSocket ? certificateIn(socket) : undefined };
    SHOWN.set(socket, shown);
  }
  const { certificate } = shown;
  return certificate === undefined ? {} : { certificate };
}

/**
 * Returns a caller's certificate: presented to the gateway, or forwarded by one of the named
 * proxies; undefined = none. The header is ignored from any other address, because its sender could
 * forge it.
 */
export function certificateOf(
  { headers, address, certificate }: Caller,
  proxies: ReadonlySet<string>,
): ShownCertificate | undefined {
  const header = headerOf(headers, HEADER);
  if (header === undefined || !proxies.has(address.replace(/^::ffff:/, ""))) return certificate;
  // Each proxy on the way appends an element: the last one is from the proxy that connected.
  const element = partsOf(header, ",").at(-1) ?? "";
  const quoted = partsOf(element, ";").map((part) => /^\s*Subject="?(.*?)"?\s*$/i.exec(part)?.[1])
    .find((text) => text !== undefined);
  // Keep other escapes, which belong to the subject: without them two subjects could read alike.
  const subject = quoted?.replaceAll('\\"', '"');
  return subject ? { state: "accepted", subject, expiresAtMs: null } : undefined;
}

function certificateIn(socket: TLSSocket): ShownCertificate | undefined {
  const { raw, valid_to: end } = socket.getPeerCertificate() ?? {};
  if (raw === undefined) return undefined;
  if (!socket.authorized) return { state: "refused" };
  return { state: "accepted", subject: certificateSubject(raw), expiresAtMs: Date.parse(end) };
}

/** Splits at separators outside of quotes. */
function partsOf(text: string, separator: "," | ";"): string[] {
  const pattern = separator === ","
    ? /(?:"(?:\\.|[^"\\])*"|[^",])+/g
    : /(?:"(?:\\.|[^"\\])*"|[^";])+/g;
  return text.match(pattern) ?? [];
}
