import { DAY_MS } from "@ssmd/runtime";
import type { Accounts, ClientAccount, SessionRecord, UsageCount } from "./account.ts";

/** Messages of one type of one feed that a client received on one day, and the client's use. */
interface UsageRow extends UsageCount {
  /** `unknown` = the client was deleted. */
  use: ClientAccount["use"] | "unknown";
}

/** Peak numbers of concurrent streams, and of clients with a stream, on one day. */
interface PeakUsers {
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  clients: number;
  sessions: number;
}

/** Returns a client's use of the data; `unknown` for a deleted client. */
export function useOf({ clients }: Accounts, client: string): UsageRow["use"] {
  return clients.find(({ id }) => id === client)?.use ?? "unknown";
}

/** Returns counts with the use of their clients. */
export function usageRows(usage: readonly UsageCount[], accounts: Accounts): UsageRow[] {
  return usage.map(({ day, client, feed, type, messages }) => ({
    ...{ day, client, use: useOf(accounts, client), feed, type, messages },
  }));
}

/** Returns messages summed by these columns, sorted by them. */
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

/** Returns the peak of a day from the sessions that overlap it. */
export function peakUsers(day: string, sessions: readonly SessionRecord[]): PeakUsers {
  const fromMs = Date.parse(day);
  const toMs = fromMs + DAY_MS;
  const changes: { ms: number; by: 1 | -1; client: string }[] = [];
  for (const { client, startedAtMs, endedAtMs } of sessions) {
    // A session that ended in the millisecond of its start counts too.
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
