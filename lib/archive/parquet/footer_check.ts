import { createHash } from "node:crypto";

/** In the footer: a CRC-32 of each row group's page indexes, as JSON. */
export const INDEX_KEY = "ssmd.page_indexes";
/** In the footer: SHA-256 of the footer as it is with {@linkcode UNCHECKED} in place of it. */
export const CHECK_KEY = "ssmd.footer";
/** As long as the check, in place of it. */
export const UNCHECKED: string = "0".repeat(64);

const UTF8 = new TextEncoder();
/** The key, then the head of a field that is a text of 64 bytes. */
const MARK = Uint8Array.of(...UTF8.encode(CHECK_KEY), 0x18, 64);

/** The check of a footer with {@linkcode UNCHECKED} in it, and where it belongs. */
export function checkOf(footer: Uint8Array): [check: Uint8Array, offset: number] {
  const digest = createHash("sha256").update(footer).digest("hex");
  return [UTF8.encode(digest), checkOffset(footer)];
}

/** Whether a footer, with its tail, is what was written. */
export function isAsWritten(footer: Uint8Array): boolean {
  const at = checkOffset(footer);
  if (at < 0) return false;
  const unchecked = footer.slice();
  unchecked.set(UTF8.encode(UNCHECKED), at);
  const [check] = checkOf(unchecked);
  return check.every((byte, i) => footer[at + i] === byte);
}

/** Where the check stands; -1 = there is none. The last one counts: others may name the key. */
function checkOffset(footer: Uint8Array): number {
  for (let at = footer.length - MARK.length - UNCHECKED.length; at >= 0; at--) {
    if (MARK.every((byte, i) => footer[at + i] === byte)) return at + MARK.length;
  }
  return -1;
}
