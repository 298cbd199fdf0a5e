import { DAY_MS } from "@ssmd/runtime";
import type { Accounts, ClientAccount, SessionRecord, UsageCount } from "./account.ts";

/** Messages of one type of one feed that a client got on one day, and what it does with them. */
interface UsageRow extends UsageCount {
  /** `unknown` = of a client that was deleted. */
  use: ClientAccount["use"] | "unknown";
}

/** Most streams, and most clients with one, that were open at one moment of a day. */
interface PeakUsers {
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  clients: number;
  sessions: number;
}

/** What a client does with the data; of one that was deleted nobody knows it any more. */
export function useOf({ clients }: Accounts, client: string): UsageRow["use"] {
  return clients.find(({ id }) => id === client)?.use ?? "unknown";
}

/** Counts with the use of their clients. */
export function usageRows(usage: readonly UsageCount[], accounts: Accounts): UsageRow[] {
  return usage.map(({ day, client, feed, type, messages }) => ({
    ...{ day, client, use: useOf(accounts, client), feed, type, messages },
  }));
}

/** Messages summed by these columns, in their order. */
export function sumUsage<Column extends keyof UsageRow>(
  rows: readonly UsageRow[],
  by: readonly Column[],
): (Pick<UsageRow, Column> & { messages: number })[] {
  const groups = Map.groupBy(rows, (row) => by.map((column) => row[column]).join("\0"));
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => {
    const [first] = group;
    if (first === undefined) return [];
    const columns = Object.fromEntries(by.map((column) => [column, first[column]]));
    const messages = group.reduce((sum, each) => sum + each.messages, 0);
    return [{ ...columns as Pick<UsageRow, Column>, messages }];
  });
}

/** The peak of a day, from the sessions that touch it. */
export function peakUsers(day: string, sessions: readonly SessionRecord[]): PeakUsers {
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
