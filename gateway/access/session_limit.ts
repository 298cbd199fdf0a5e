import { AccessDenied } from "./access_denied.ts";
import type { ClientLimits } from "./account.ts";
import { groupOf } from "./address_guard.ts";

/** Limits of a client's concurrent streams. */
export type SessionLimits = Pick<ClientLimits, "sessionsMax" | "devicesMax">;

/** Name of a limit of concurrent streams. */
export type SessionLimit = keyof SessionLimits;

/** Returns the limit that one more stream, from `address`, would exceed; undefined = none. */
export function reachedLimit(
  { sessionsMax, devicesMax }: SessionLimits,
  address: string,
  open: readonly string[],
): SessionLimit | undefined {
  if (sessionsMax !== null && open.length >= sessionsMax) return "sessionsMax";
  if (devicesMax === null) return undefined;
  const devices = new Set(open.map(groupOf));
  return devices.size < devicesMax || devices.has(groupOf(address)) ? undefined : "devicesMax";
}

/** Returns the error of a reached session or device limit. */
export function sessionLimitError(limit: SessionLimit, limits: SessionLimits): AccessDenied {
  const more = { status: 429, retryAfterS: 1 } as const;
  if (limit === "sessionsMax") {
    return new AccessDenied("SESSION_LIMIT", "The client has as many streams as it may", {
      ...more,
      hint: `At most ${limits.sessionsMax} at once, over all gateways; close one of them first`,
    });
  }
  return new AccessDenied("DEVICE_LIMIT", "The client has streams on as many devices as it may", {
    ...more,
    hint: `At most ${limits.devicesMax} addresses at once; close the streams of one of them first`,
  });
}
