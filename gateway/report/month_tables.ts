import type { Accounts, PastEntitlement, SessionRecord, UsageCount } from "../access/account.ts";
import { peakUsers, sumUsage, usageRows, useOf } from "../access/usage_report.ts";
import { DAY_MS } from "@ssmd/runtime";
import type { Month } from "./month.ts";

/** One row of a table: values by column, null = empty. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Records of a month. */
interface MonthRecords {
  month: Month;
  accounts: Accounts;
  usage: readonly UsageCount[];
  sessions: readonly SessionRecord[];
  entitlements: readonly PastEntitlement[];
}

/** Returns the tables of a month by name. */
export function monthTables(records: MonthRecords): Record<string, Row[]> {
  const { month, accounts, sessions, entitlements } = records;
  const usage = usageRows(records.usage, accounts);
  const messages = usage.filter(({ type }) => type !== "request");
  return {
    usage: usage.map((row) => ({ ...row })),
    usage_by_client: sumUsage(usage, ["client", "use", "type"]),
    usage_by_feed: sumUsage(messages, ["feed", "type"]),
    usage_by_use: sumUsage(messages, ["use", "feed"]),
    peak_users: month.days.map((day) => ({ ...peakUsers(day, sessions) })),
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

/** Returns the entitlements in force at any time of a day. */
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

/** Formats a time as ISO 8601, without zero milliseconds. */
export function isoOfMs(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.000Z$/, "Z");
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOfMs(ms);
}
