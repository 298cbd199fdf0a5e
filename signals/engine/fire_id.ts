import { createHash } from "node:crypto";
import type { Fire } from "@ssmd/market";

/** Bump whenever the same records could give other fires. */
export const ENGINE_VERSION = "1";

const ID_DIGITS = 32;

/** Returns the SHA-256 of a text, 64 hex digits. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Cause of a fire: a record or a time boundary. */
export type Cause =
  | { feed: string; run: number; connection: number; sequence: number }
  | { boundaryUs: number };

/** Fields hashed into a fire's id. */
interface FireIdentity {
  signal: string;
  version: number;
  paramsHash: string;
  feed: string;
  symbol: string;
  cause: Cause;
}

/** Returns the first 128 bits of the SHA-256 of a fire's identity, 32 hex digits. */
export function fireId({ signal, version, paramsHash, feed, symbol, cause }: FireIdentity): string {
  const what = "boundaryUs" in cause
    ? ["t", cause.boundaryUs]
    : ["r", cause.feed, cause.run, cause.connection, cause.sequence];
  return sha256Of(JSON.stringify([signal, version, paramsHash, feed, symbol, ...what]))
    .slice(0, ID_DIGITS);
}

/** Compares fires by time, then id, for comparison and hashing. */
export function compareFires(a: Fire, b: Fire): number {
  return a.receivedAtUs - b.receivedAtUs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
