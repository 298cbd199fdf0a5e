import { TransportError } from "@ssmd/runtime";

/** Header names reserved for the bus and its driver. */
const OWN_NAMES = /^(Nats|Ssmd)-/i;

/** Returns whether a header name is reserved for the bus or its driver. */
export function isOwnHeader(name: string): boolean {
  return OWN_NAMES.test(name);
}

/** Throws `HEADER_INVALID` for headers that would not be received as sent. */
export function assertHeaders(headers: ReadonlyMap<string, string>): void {
  for (const [name, value] of headers) {
    if (isSendable(name, value)) continue;
    throw new TransportError("HEADER_INVALID", `The header ${JSON.stringify(name)} is refused`, {
      context: { name, value },
      hint: "A name is printable ASCII without a colon and begins not with Nats- or Ssmd-; " +
        "a value is printable ASCII without blanks at its ends",
    });
  }
}

function isSendable(name: string, value: string): boolean {
  return /^[!-9;-~]+$/.test(name) && !isOwnHeader(name) &&
    /^([!-~]([ -~]*[!-~])?)?$/.test(value);
}
