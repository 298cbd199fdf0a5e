/** Tables of the client store: each column is declared once here. @module */
import type { Row, SqlValue } from "@ssmd/database";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { CLIENT_USES } from "../account.ts";
import type {
  ApiKey,
  Block,
  ClientAccount,
  ClientLimits,
  Entitlement,
  GatewayRun,
  PastEntitlement,
  SessionRecord,
  UsageCount,
} from "../account.ts";
import type { CountedBatch } from "../client_store.ts";
import { CLIENT_ROLES } from "../role.ts";
import { table } from "./table.ts";

/** Keys of clients; their last use is counted separately. */
export const KEYS = table<ApiKey>("api_keys", {
  ...{ id: "text", client: "text", label: "text", hash: "text", createdAtMs: "number" },
  ...{ expiresAtMs: "number?", revokedAtMs: "number?", replacedBy: "text?" },
  lastUsedAtMs: "number?",
}, ["lastUsedAtMs"]);

/** Blocked addresses. */
export const BLOCKS = table<Block>("blocks", {
  ...{ address: "text", reason: "text", createdAtMs: "number", untilMs: "number?" },
});

/** Stream connections. */
export const SESSIONS = table<SessionRecord>("sessions", {
  ...{ id: "text", run: "text", client: "text", key: "text", address: "text" },
  ...{ startedAtMs: "number", endedAtMs: "number?", reason: "text?" },
});

/** Messages by day, client, feed and type. */
export const USAGE = table<UsageCount>("usage", {
  ...{ day: "text", client: "text", feed: "text", type: "text", messages: "number" },
});

/** Runs of gateways. */
export const RUNS = table<GatewayRun>("runs", {
  ...{ id: "text", seenAtMs: "number", pid: "number", revision: "number" },
});

/** The last batch of each run. */
export const BATCHES = table<CountedBatch>("batches", {
  ...{ run: "text", number: "number", atMs: "number" },
});

/** Clients, with their limits beside the rest. */
export const CLIENTS = table<
  & Omit<ClientAccount, "limits" | "role" | "use" | "enabled">
  & ClientLimits
  & { role: string; use: string; enabled: number }
>("clients", {
  ...{ id: "text", description: "text", owner: "text", role: "text", use: "text" },
  ...{ enabled: "number", disconnectedAtMs: "number", sessionsMax: "number?" },
  ...{ devicesMax: "number?", requestsPerSecondMax: "number?", messagesPerDayMax: "number?" },
  ...{ createdAtMs: "number", updatedAtMs: "number" },
}, ["createdAtMs"]);

/** Converts a row to a client. */
export function clientOf(row: Row): ClientAccount {
  const { role, use, enabled, ...client } = CLIENTS.recordOf(row);
  const { sessionsMax, devicesMax, requestsPerSecondMax, messagesPerDayMax, ...rest } = client;
  return {
    ...rest,
    role: CLIENT_ROLES.find((each) => each === role) ?? "client",
    use: CLIENT_USES.find((each) => each === use) ?? "unspecified",
    enabled: enabled === 1,
    limits: { sessionsMax, devicesMax, requestsPerSecondMax, messagesPerDayMax },
  };
}

/** Converts a client to a row. */
export function clientRow({ limits, enabled, ...client }: ClientAccount): SqlValue[] {
  return CLIENTS.valuesOf({ ...client, ...limits, enabled: enabled ? 1 : 0 });
}

const GRANTED = {
  client: "text",
  feed: "text",
  symbols: "text",
  types: "text",
  createdAtMs: "number",
  expiresAtMs: "number?",
} as const;

/** Entitlements; the table assigns their ids. */
export const ENTITLEMENTS = table<Omit<Entitlement, "id" | "types"> & { types: string }>(
  "entitlements",
  GRANTED,
);
const REMOVED_ENTITLEMENTS = table<Omit<PastEntitlement, "types"> & { types: string }>(
  "removed_entitlements",
  { id: "number", ...GRANTED, removedAtMs: "number?" },
);

/** Converts a row to a current or former entitlement; drops types that this version does not know. */
export function pastEntitlementOf(row: Row): PastEntitlement {
  const { types, ...entitlement } = REMOVED_ENTITLEMENTS.recordOf(row);
  const isType = (type: string): type is EventType =>
    (EVENT_TYPES as readonly string[]).includes(type);
  return { ...entitlement, types: types === "*" ? "*" : types.split(",").filter(isType) };
}

/** Converts a row to an entitlement. */
export function entitlementOf(row: Row): Entitlement {
  const { removedAtMs: _, ...entitlement } = pastEntitlementOf(row);
  return entitlement;
}

/** Converts an entitlement to a row without its id. */
export function entitlementRow({ types, ...entitlement }: Omit<Entitlement, "id">): SqlValue[] {
  return ENTITLEMENTS.valuesOf({ ...entitlement, types: types === "*" ? types : types.join(",") });
}
