import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { CLIENT_ROLES } from "../role.ts";
import { CLIENT_USES } from "../account.ts";
import type {
  ApiKey,
  Block,
  ClientAccount,
  Entitlement,
  SessionRecord,
  UsageCount,
} from "../account.ts";

type Row = Record<string, SQLOutputValue>;
type Values = Record<string, SQLInputValue>;

/** A client from its row. */
export function clientOf(row: Row): ClientAccount {
  return {
    id: text(row, "id"),
    description: text(row, "description"),
    role: CLIENT_ROLES.find((role) => role === row["role"]) ?? "client",
    use: CLIENT_USES.find((use) => use === row["use"]) ?? "unspecified",
    enabled: row["enabled"] === 1,
    disconnectedAtMs: number(row, "disconnected_at_ms"),
    limits: {
      sessionsMax: numberOrNull(row, "sessions_max"),
      requestsPerSecondMax: numberOrNull(row, "requests_per_second_max"),
      messagesPerDayMax: numberOrNull(row, "messages_per_day_max"),
    },
    createdAtMs: number(row, "created_at_ms"),
    updatedAtMs: number(row, "updated_at_ms"),
  };
}

/** The row of a client. */
export function clientRow(client: ClientAccount): Values {
  return {
    id: client.id,
    description: client.description,
    role: client.role,
    use: client.use,
    enabled: client.enabled ? 1 : 0,
    disconnected_at_ms: client.disconnectedAtMs,
    sessions_max: client.limits.sessionsMax,
    requests_per_second_max: client.limits.requestsPerSecondMax,
    messages_per_day_max: client.limits.messagesPerDayMax,
    created_at_ms: client.createdAtMs,
    updated_at_ms: client.updatedAtMs,
  };
}

/** A key from its row. */
export function keyOf(row: Row): ApiKey {
  return {
    id: text(row, "id"),
    client: text(row, "client"),
    label: text(row, "label"),
    hash: text(row, "hash"),
    createdAtMs: number(row, "created_at_ms"),
    expiresAtMs: numberOrNull(row, "expires_at_ms"),
    revokedAtMs: numberOrNull(row, "revoked_at_ms"),
    replacedBy: textOrNull(row, "replaced_by"),
    lastUsedAtMs: numberOrNull(row, "last_used_at_ms"),
  };
}

/** The row of a key. */
export function keyRow(key: ApiKey): Values {
  return {
    id: key.id,
    client: key.client,
    label: key.label,
    hash: key.hash,
    created_at_ms: key.createdAtMs,
    expires_at_ms: key.expiresAtMs,
    revoked_at_ms: key.revokedAtMs,
    replaced_by: key.replacedBy,
    last_used_at_ms: key.lastUsedAtMs,
  };
}

/** An entitlement from its row; a type that this version does not know gives nothing. */
export function entitlementOf(row: Row): Entitlement {
  const types = text(row, "types");
  const isType = (type: string): type is EventType =>
    (EVENT_TYPES as readonly string[]).includes(type);
  return {
    id: number(row, "id"),
    client: text(row, "client"),
    feed: text(row, "feed"),
    symbols: text(row, "symbols"),
    types: types === "*" ? "*" : types.split(",").filter(isType),
    createdAtMs: number(row, "created_at_ms"),
    expiresAtMs: numberOrNull(row, "expires_at_ms"),
  };
}

/** The row of an entitlement, without its id. */
export function entitlementRow(entitlement: Omit<Entitlement, "id">): Values {
  const { client, feed, symbols, types, createdAtMs, expiresAtMs } = entitlement;
  return {
    ...{ client, feed, symbols },
    types: types === "*" ? types : types.join(","),
    created_at_ms: createdAtMs,
    expires_at_ms: expiresAtMs,
  };
}

/** A blocked address from its row. */
export function blockOf(row: Row): Block {
  return {
    address: text(row, "address"),
    reason: text(row, "reason"),
    createdAtMs: number(row, "created_at_ms"),
    untilMs: numberOrNull(row, "until_ms"),
  };
}

/** A session from its row. */
export function sessionOf(row: Row): SessionRecord {
  return {
    id: text(row, "id"),
    run: text(row, "run"),
    client: text(row, "client"),
    key: text(row, "key"),
    address: text(row, "address"),
    startedAtMs: number(row, "started_at_ms"),
    endedAtMs: numberOrNull(row, "ended_at_ms"),
    reason: textOrNull(row, "reason"),
  };
}

/** The row of a session. */
export function sessionRow(session: SessionRecord): Values {
  return {
    id: session.id,
    run: session.run,
    client: session.client,
    key: session.key,
    address: session.address,
    started_at_ms: session.startedAtMs,
    ended_at_ms: session.endedAtMs,
    reason: session.reason,
  };
}

/** A count of usage from its row. */
export function usageOf(row: Row): UsageCount {
  return {
    day: text(row, "day"),
    client: text(row, "client"),
    feed: text(row, "feed"),
    type: text(row, "type"),
    messages: number(row, "messages"),
  };
}

function text(row: Row, column: string): string {
  return String(row[column]);
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

function number(row: Row, column: string): number {
  return Number(row[column]);
}

function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}
