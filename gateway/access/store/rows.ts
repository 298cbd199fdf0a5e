import type { Row, SqlValue } from "@ssmd/database";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { CLIENT_ROLES } from "../role.ts";
import { CLIENT_USES } from "../account.ts";
import type {
  ApiKey,
  Block,
  ClientAccount,
  Entitlement,
  GatewayRun,
  PastEntitlement,
  SessionRecord,
  UsageCount,
} from "../account.ts";
import type { CountedBatch } from "../client_store.ts";

/** Values in the column order of the statement. */
type Values = SqlValue[];

/** Converts a row to a client. */
export function clientOf(row: Row): ClientAccount {
  return {
    id: text(row, "id"),
    description: text(row, "description"),
    owner: text(row, "owner"),
    role: CLIENT_ROLES.find((role) => role === row["role"]) ?? "client",
    use: CLIENT_USES.find((use) => use === row["use"]) ?? "unspecified",
    enabled: Number(row["enabled"]) === 1,
    disconnectedAtMs: number(row, "disconnected_at_ms"),
    limits: {
      sessionsMax: numberOrNull(row, "sessions_max"),
      devicesMax: numberOrNull(row, "devices_max"),
      requestsPerSecondMax: numberOrNull(row, "requests_per_second_max"),
      messagesPerDayMax: numberOrNull(row, "messages_per_day_max"),
    },
    createdAtMs: number(row, "created_at_ms"),
    updatedAtMs: number(row, "updated_at_ms"),
  };
}

/** Converts a client to a row. */
export function clientRow({ limits, ...client }: ClientAccount): Values {
  return [
    ...[client.id, client.description, client.role, client.use, client.enabled ? 1 : 0],
    ...[client.disconnectedAtMs, limits.sessionsMax, limits.requestsPerSecondMax],
    ...[limits.messagesPerDayMax, client.createdAtMs, client.updatedAtMs],
    ...[client.owner, limits.devicesMax],
  ];
}

/** Converts a row to a key. */
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

/** Converts a key to a row. */
export function keyRow(key: ApiKey): Values {
  return [
    ...[key.id, key.client, key.label, key.hash, key.createdAtMs, key.expiresAtMs],
    ...[key.revokedAtMs, key.replacedBy, key.lastUsedAtMs],
  ];
}

/** Converts a row to an entitlement; drops types that this version does not know. */
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

/** Converts a row to a current or former entitlement. */
export function pastEntitlementOf(row: Row): PastEntitlement {
  return { ...entitlementOf(row), removedAtMs: numberOrNull(row, "removed_at_ms") };
}

/** Converts an entitlement to a row without its id. */
export function entitlementRow(entitlement: Omit<Entitlement, "id">): Values {
  const { client, feed, symbols, types, createdAtMs, expiresAtMs } = entitlement;
  const named = types === "*" ? types : types.join(",");
  return [client, feed, symbols, named, createdAtMs, expiresAtMs];
}

/** Converts a row to a blocked address. */
export function blockOf(row: Row): Block {
  return {
    address: text(row, "address"),
    reason: text(row, "reason"),
    createdAtMs: number(row, "created_at_ms"),
    untilMs: numberOrNull(row, "until_ms"),
  };
}

/** Converts a blocked address to a row. */
export function blockRow({ address, reason, createdAtMs, untilMs }: Block): Values {
  return [address, reason, createdAtMs, untilMs];
}

/** Converts a row to a session. */
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

/** Returns the address of a session's row. */
export function addressOf(row: Row): string {
  return text(row, "address");
}

/** Converts a session to a row. */
export function sessionRow(session: SessionRecord): Values {
  const { id, run, client, key, address, startedAtMs, endedAtMs, reason } = session;
  return [id, run, client, key, address, startedAtMs, endedAtMs, reason];
}

/** Converts a row to a usage count. */
export function usageOf(row: Row): UsageCount {
  return {
    day: text(row, "day"),
    client: text(row, "client"),
    feed: text(row, "feed"),
    type: text(row, "type"),
    messages: number(row, "messages"),
  };
}

/** Converts a usage count to a row. */
export function usageRow({ day, client, feed, type, messages }: UsageCount): Values {
  return [day, client, feed, type, messages];
}

/** Converts a row to a run of a gateway. */
export function runOf(row: Row): GatewayRun {
  return {
    id: text(row, "id"),
    pid: number(row, "pid"),
    seenAtMs: number(row, "seen_at_ms"),
    revision: number(row, "revision"),
  };
}

/** Converts a run of a gateway to a row. */
export function runRow({ id, seenAtMs, pid, revision }: GatewayRun): Values {
  return [id, seenAtMs, pid, revision];
}

/** Converts the last batch of a run to a row. */
export function batchRow({ run, number, atMs }: CountedBatch): Values {
  return [run, number, atMs];
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
