import { z } from "zod";
import {
  type Accounts,
  type ApiKey,
  CLIENT_ROLES,
  CLIENT_USES,
  type ClientAccount,
  type Entitlement,
  isLive,
} from "@ssmd/gateway/access";
import { EVENT_TYPES } from "@ssmd/market";
import { isoOfMs } from "../format.ts";

/** Formats a time; null stays null. */
export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOfMs(ms);
}

const time = z.string().describe("ISO 8601, UTC");

/** Client as printed; a null limit means the gateway's. */
export const CLIENT_VIEW = z.object({
  client: z.string(),
  role: z.enum(CLIENT_ROLES),
  use: z.enum(CLIENT_USES),
  enabled: z.boolean(),
  keys: z.int().describe("Keys that are valid now"),
  entitlements: z.int(),
  sessions_max: z.int().nullable(),
  devices_max: z.int().nullable(),
  requests_per_second_max: z.int().nullable(),
  messages_per_day_max: z.int().nullable(),
  description: z.string(),
  owner: z.string(),
  created: time,
  updated: time,
});

/** Key as printed, without any secret. */
export const KEY_VIEW = z.object({
  client: z.string(),
  key_id: z.string(),
  label: z.string(),
  state: z.enum(["active", "rotating", "expired", "revoked"]),
  created: time,
  expires: time.nullable(),
  revoked: time.nullable(),
  replaced_by: z.string().nullable(),
  last_used: time.nullable(),
});

/** Entitlement as printed. */
export const ENTITLEMENT_VIEW = z.object({
  id: z.int(),
  client: z.string(),
  feed: z.string(),
  symbols: z.string().describe("A symbol, a prefix and *, or *"),
  types: z.union([z.literal("*"), z.array(z.enum(EVENT_TYPES))]),
  state: z.enum(["active", "expired"]),
  created: time,
  expires: time.nullable(),
});

/** See {@linkcode CLIENT_VIEW}. */
export function clientView(
  client: ClientAccount,
  { keys, entitlements }: Accounts,
): z.output<typeof CLIENT_VIEW> {
  const nowMs = Date.now();
  const { sessionsMax, devicesMax, requestsPerSecondMax, messagesPerDayMax } = client.limits;
  const own = (each: { client: string }) => each.client === client.id;
  return {
    client: client.id,
    role: client.role,
    use: client.use,
    enabled: client.enabled,
    keys: keys.filter((key) => own(key) && isLive(key, nowMs)).length,
    entitlements: entitlements.filter(own).length,
    sessions_max: sessionsMax,
    devices_max: devicesMax,
    requests_per_second_max: requestsPerSecondMax,
    messages_per_day_max: messagesPerDayMax,
    description: client.description,
    owner: client.owner,
    created: isoOfMs(client.createdAtMs),
    updated: isoOfMs(client.updatedAtMs),
  };
}

/** See {@linkcode KEY_VIEW}. */
export function keyView(key: ApiKey): z.output<typeof KEY_VIEW> {
  return {
    client: key.client,
    key_id: key.id,
    label: key.label,
    state: keyState(key),
    created: isoOfMs(key.createdAtMs),
    expires: isoOrNull(key.expiresAtMs),
    revoked: isoOrNull(key.revokedAtMs),
    replaced_by: key.replacedBy,
    last_used: isoOrNull(key.lastUsedAtMs),
  };
}

function keyState(key: ApiKey): "active" | "rotating" | "expired" | "revoked" {
  if (key.revokedAtMs !== null) return "revoked";
  if (!isLive(key, Date.now())) return "expired";
  return key.replacedBy === null ? "active" : "rotating";
}

/** See {@linkcode ENTITLEMENT_VIEW}. */
export function entitlementView(entitlement: Entitlement): z.output<typeof ENTITLEMENT_VIEW> {
  const { id, client, feed, symbols, types, expiresAtMs, createdAtMs } = entitlement;
  return {
    id,
    client,
    feed,
    symbols,
    types: types === "*" ? types : [...types],
    state: expiresAtMs !== null && expiresAtMs <= Date.now() ? "expired" : "active",
    created: isoOfMs(createdAtMs),
    expires: isoOrNull(expiresAtMs),
  };
}
