import {
  type Accounts,
  type ApiKey,
  type ClientAccount,
  type Entitlement,
  isLive,
} from "@ssmd/gateway/access";
import { isoOfMs } from "../format.ts";

/** A time for JSON; null where there is none. */
export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOfMs(ms);
}

/** A client as commands print it. */
export function clientView(client: ClientAccount, { keys, entitlements }: Accounts) {
  const nowMs = Date.now();
  const { sessionsMax, requestsPerSecondMax, messagesPerDayMax } = client.limits;
  const own = (each: { client: string }) => each.client === client.id;
  return {
    client: client.id,
    role: client.role,
    enabled: client.enabled,
    keys: keys.filter((key) => own(key) && isLive(key, nowMs)).length,
    entitlements: entitlements.filter(own).length,
    sessions_max: sessionsMax,
    requests_per_second_max: requestsPerSecondMax,
    messages_per_day_max: messagesPerDayMax,
    description: client.description,
    created: isoOfMs(client.createdAtMs),
    updated: isoOfMs(client.updatedAtMs),
  };
}

/** A key as commands print it; nothing of it lets anybody in. */
export function keyView(key: ApiKey) {
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

/** An entitlement as commands print it. */
export function entitlementView(entitlement: Entitlement) {
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

/** The line of an entitlement in a table. */
export function entitlementRow(view: ReturnType<typeof entitlementView>) {
  return { ...view, types: typeof view.types === "string" ? view.types : view.types.join(" ") };
}
