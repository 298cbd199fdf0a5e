import { createHash } from "node:crypto";
import type { Fire } from "@ssmd/market";

/** Rises whenever the same records could give other fires. */
export const ENGINE_VERSION = "1";

const ID_DIGITS = 32;

/** SHA-256 of a text, 64 hex digits. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What made an instance fire: a record, or a boundary of time. */
export type Cause =
  | { feed: string; run: number; connection: number; sequence: number }
  | { boundaryUs: number };

/** What a fire's id is made of. */
interface FireIdentity {
  signal: string;
  version: number;
  paramsHash: string;
  feed: string;
  symbol: string;
  cause: Cause;
}

/** First 128 bits of the SHA-256 of a fire's identity, 32 hex digits. */
export function fireId({ signal, version, paramsHash, feed, symbol, cause }: FireIdentity): string {
  const what = "boundaryUs" in cause
    ? ["t", cause.boundaryUs]
    : ["r", cause.feed, cause.run, cause.connection, cause.sequence];
  return sha256Of(JSON.stringify([signal, version, paramsHash, feed, symbol, ...what]))
    .slice(0, ID_DIGITS);
}

/** The order in which fires are compared and hashed: by time, then id. */
export function compareFires(a: Fire, b: Fire): number {
  return a.receivedAtUs - b.receivedAtUs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
