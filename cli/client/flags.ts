import { msOfIso } from "@ssmd/runtime";
import { parseDurationMs } from "@ssmd/runtime/duration";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { CLIENT_USES } from "@ssmd/gateway/access";
import { choice, dir, parsed } from "../command/flag.ts";

/** Flags that locate the client store. */
export const CLIENT_FLAGS = {
  env: ENVIRONMENT,
  data: dir("Data folder, as in up --data; default: the environment's"),
};

/** `--expires`: ms since 1970; Infinity = never. */
export const EXPIRES = parsed(
  parseExpiry,
  "Expiry: 90d, 12h, a day (YYYY-MM-DD, 00:00 UTC), a time in ISO 8601, or never",
  { placeholder: "when" },
);

/** `--use`. */
export const USE = choice(CLIENT_USES, "Use of the data, for reports to exchanges");

/** Client name argument. */
export const CLIENT = parsed(parseClientName, "Name of the client", {
  placeholder: "client",
  required: true,
});

/** Optional client name; absent = all clients. */
export const ANY_CLIENT = parsed(parseClientName, "One client only; default: all", {
  placeholder: "client",
});

/** Validates a client's name. Throws RangeError that does not repeat the input. */
export function parseClientName(text: string): string {
  if (/^[a-z][a-z0-9-]{0,62}$/.test(text)) return text;
  throw new RangeError("a client's name is lower-case letters, digits and dashes, a letter first");
}

/** Parses an expiry into ms since 1970; Infinity = never. Throws RangeError. */
function parseExpiry(text: string): number {
  if (text === "never") return Infinity;
  if (/^\d+(\.\d+)?(d|h|m|s|ms)$/.test(text)) return later(Date.now() + parseDurationMs(text));
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text);
  const ms = iso ? msOfIso(text) : NaN;
  if (Number.isNaN(ms)) {
    throw new RangeError("an end is 90d, 12h, YYYY-MM-DD, YYYY-MM-DDTHH:MMZ or never");
  }
  return later(ms);
}

function later(ms: number): number {
  if (ms > Date.now()) return ms;
  throw new RangeError("an end lies in the future");
}

/** Parses a limit: a whole number ≥ 1; Infinity = `none`. Throws RangeError. */
export function parseLimit(text: string): number {
  if (text === "none") return Infinity;
  const limit = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (limit > 0) return limit;
  throw new RangeError("a limit is a whole number from 1, or none");
}

/** Stored form of {@linkcode parseExpiry} and {@linkcode parseLimit}: null for Infinity. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
