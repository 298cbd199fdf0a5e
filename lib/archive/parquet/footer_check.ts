import { createHash } from "node:crypto";

/** Footer key: CRC-32 of each row group's page indexes, as a JSON array. */
export const INDEX_KEY = "ssmd.page_indexes";
/** Footer key: SHA-256 of the footer with {@linkcode UNCHECKED} in its place. */
export const CHECK_KEY = "ssmd.footer";
/** Placeholder of the same length as the hash. */
export const UNCHECKED: string = "0".repeat(64);

const UTF8 = new TextEncoder();
/** The key, then the Thrift header of a 64-byte text field. */
const MARK = Uint8Array.of(...UTF8.encode(CHECK_KEY), 0x18, 64);

/** Returns the hash of a footer that contains {@linkcode UNCHECKED}, and its offset. */
export function checkOf(footer: Uint8Array): [check: Uint8Array, offset: number] {
  const digest = createHash("sha256").update(footer).digest("hex");
  return [UTF8.encode(digest), checkOffset(footer)];
}

/** Returns whether a footer, with its tail, matches its hash. */
export function isAsWritten(footer: Uint8Array): boolean {
  const at = checkOffset(footer);
  if (at < 0) return false;
  const unchecked = footer.slice();
  unchecked.set(UTF8.encode(UNCHECKED), at);
  const [check] = checkOf(unchecked);
  return check.every((byte, i) => footer[at + i] === byte);
}

/** Returns the hash's offset; -1 = none. The last match counts: metadata may contain the key. */
function checkOffset(footer: Uint8Array): number {
  for (let at = footer.length - MARK.length - UNCHECKED.length; at >= 0; at--) {
    if (MARK.every((byte, i) => footer[at + i] === byte)) return at + MARK.length;
  }
  return -1;
}
