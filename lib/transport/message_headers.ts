import { TransportError } from "@ssmd/runtime";

/** Names that the bus and its driver use themselves. */
const OWN_NAMES = /^(Nats|Ssmd)-/i;

/** Whether the bus or its driver uses a header itself. */
export function isOwnHeader(name: string): boolean {
  return OWN_NAMES.test(name);
}

/** Throws `HEADER_INVALID` for what would not come back as it was given. */
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
