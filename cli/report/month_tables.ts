import type { Accounts, PastEntitlement, SessionRecord, UsageCount } from "@ssmd/gateway/access";
import { DAY_MS } from "@ssmd/runtime";
import { isoOrNull } from "../client/views.ts";
import type { Month } from "./month.ts";

/** One row of a table: what stands in a cell, null = nothing. */
export type Row = Readonly<Record<string, string | number | null>>;

/** What is known of a month. */
interface MonthRecords {
  month: Month;
  accounts: Accounts;
  usage: readonly UsageCount[];
  sessions: readonly SessionRecord[];
  entitlements: readonly PastEntitlement[];
}

/** The tables of a month by their names. */
export function monthTables(records: MonthRecords): Record<string, Row[]> {
  const { month, accounts, sessions, entitlements } = records;
  const usage = usageRows(records);
  const messages = usage.filter(({ type }) => type !== "request");
  return {
    usage,
    usage_by_client: summed(usage, ["client", "use", "type"]),
    usage_by_feed: summed(messages, ["feed", "type"]),
    usage_by_use: summed(messages, ["use", "feed"]),
    peak_users: month.days.map((day) => peakOf(day, sessions)),
    entitlements: month.days.flatMap((day) => entitledOn(day, entitlements)),
    sessions: sessions.map(({ id, client, key, address, startedAtMs, endedAtMs, reason }) => ({
      ...{ session: id, client, use: useOf(accounts, client), key, address },
      ...{ started: isoOrNull(startedAtMs), ended: isoOrNull(endedAtMs), reason },
    })),
    clients: accounts.clients.map(({ id, use, role, enabled, description, createdAtMs }) => ({
      ...{ client: id, use, role, enabled: String(enabled), description },
      created: isoOrNull(createdAtMs),
    })),
  };
}

/** Entitlements that were in force at any moment of a day. */
export function entitledOn(day: string, all: readonly PastEntitlement[]): Row[] {
  const fromMs = Date.parse(day);
  return all.flatMap(({ client, feed, symbols, types, createdAtMs, expiresAtMs, removedAtMs }) => {
    const untilMs = Math.min(expiresAtMs ?? Infinity, removedAtMs ?? Infinity);
    if (createdAtMs >= fromMs + DAY_MS || untilMs <= fromMs) return [];
    return [{
      ...{ day, client, feed, symbols, types: types === "*" ? "*" : types.join(" ") },
      since: isoOrNull(createdAtMs),
      until: untilMs === Infinity ? null : isoOrNull(untilMs),
    }];
  });
}

function usageRows({ usage, accounts }: MonthRecords) {
  return usage.map(({ day, client, feed, type, messages }) => ({
    ...{ day, client, use: useOf(accounts, client), feed, type, messages },
  }));
}

/** What a client does with the data; of one that was deleted nobody knows it any more. */
function useOf({ clients }: Accounts, client: string): string {
  return clients.find(({ id }) => id === client)?.use ?? "unknown";
}

type UsageRow = ReturnType<typeof usageRows>[number];

function summed(rows: readonly UsageRow[], by: readonly (keyof UsageRow)[]): Row[] {
  const groups = Map.groupBy(rows, (row) => by.map((column) => row[column]).join("\0"));
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, [first, ...more]]) => ({
    ...Object.fromEntries(by.map((column) => [column, first?.[column] ?? ""])),
    messages: more.reduce((sum, each) => sum + each.messages, first?.messages ?? 0),
  }));
}

/** Most streams, and most clients with one, that were open at one moment of a day. */
function peakOf(day: string, sessions: readonly SessionRecord[]): Row {
  const fromMs = Date.parse(day);
  const toMs = fromMs + DAY_MS;
  const changes: { ms: number; by: 1 | -1; client: string }[] = [];
  for (const { client, startedAtMs, endedAtMs } of sessions) {
    // One that ended in the millisecond in which it began was there, too.
    const endMs = Math.max(endedAtMs ?? Infinity, startedAtMs + 1);
    if (startedAtMs >= toMs || endMs <= fromMs) continue;
    changes.push({ ms: Math.max(startedAtMs, fromMs), by: 1, client });
    changes.push({ ms: Math.min(endMs, toMs), by: -1, client });
  }
  changes.sort((a, b) => a.ms - b.ms || a.by - b.by);
  const open = new Map<string, number>();
  const peak = { day, clients: 0, sessions: 0 };
  let now = 0;
  for (const { by, client } of changes) {
    now += by;
    const own = (open.get(client) ?? 0) + by;
    if (own === 0) open.delete(client);
    else open.set(client, own);
    peak.sessions = Math.max(peak.sessions, now);
    peak.clients = Math.max(peak.clients, open.size);
  }
  return peak;
}
