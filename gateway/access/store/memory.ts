import type {
  Accounts,
  ApiKey,
  ClientAccount,
  GatewayRun,
  SessionRecord,
  UsageCount,
} from "../account.ts";
import {
  type AccountChange,
  type ClientStore,
  type Counted,
  LOST_SESSION_REASON,
  type SessionQuery,
  type UsageQuery,
} from "../client_store.ts";
import { storeChangedError, storeClosedError, storeFailedError } from "./errors.ts";

/** A store that lives as long as the process. */
export function memoryClientStore(): ClientStore {
  return new MemoryClientStore();
}

class MemoryClientStore implements ClientStore {
  #accounts: Accounts = { revision: 1, clients: [], keys: [], entitlements: [] };
  #lastEntitlement = 0;
  #usage = new Map<string, UsageCount>();
  #sessions = new Map<string, SessionRecord>();
  #runs = new Map<string, GatewayRun>();
  #closed = false;

  load(): Promise<Accounts> {
    return this.#open(() => structuredClone(this.#accounts));
  }

  revision(): Promise<number> {
    return this.#open(() => this.#accounts.revision);
  }

  apply(from: number, changes: readonly AccountChange[]): Promise<number> {
    return this.#open(() => {
      if (from !== this.#accounts.revision) throw storeChangedError();
      const next = structuredClone(this.#accounts);
      let last = this.#lastEntitlement;
      for (const change of changes) {
        if ("add" in change) next.entitlements.push({ ...change.entitlement, id: ++last });
        else applyTo(next, change);
        assertOwners(next);
      }
      next.revision++;
      this.#accounts = structuredClone(next);
      this.#lastEntitlement = last;
      return next.revision;
    });
  }

  count({ usage, sessions, keysUsed, run }: Counted): Promise<void> {
    return this.#open(() => {
      if (run !== undefined) this.#runs.set(run.id, { ...run });
      for (const each of usage) {
        const key = [each.day, each.client, each.feed, each.type].join(" ");
        const messages = (this.#usage.get(key)?.messages ?? 0) + each.messages;
        this.#usage.set(key, { ...each, messages });
      }
      for (const session of sessions) this.#sessions.set(session.id, { ...session });
      for (const { id, atMs } of keysUsed) {
        const key = this.#accounts.keys.find((each) => each.id === id);
        if (key !== undefined) key.lastUsedAtMs = Math.max(key.lastUsedAtMs ?? 0, atMs);
      }
    });
  }

  usage({ client, fromDay = "", toDay = "9" }: UsageQuery): Promise<UsageCount[]> {
    return this.#open(() =>
      [...this.#usage].sort(([a], [b]) => a < b ? -1 : 1)
        .map(([, each]) => ({ ...each }))
        .filter(({ day }) => day >= fromDay && day <= toDay)
        .filter((each) => client === undefined || each.client === client)
    );
  }

  sessions({ client, openOnly = false, limit }: SessionQuery): Promise<SessionRecord[]> {
    return this.#open(() =>
      [...this.#sessions.values()]
        .filter((each) => client === undefined || each.client === client)
        .filter(({ endedAtMs }) => !openOnly || endedAtMs === null)
        .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.id < b.id ? 1 : -1))
        .slice(0, limit)
        .map((each) => ({ ...each }))
    );
  }

  runs(): Promise<GatewayRun[]> {
    return this.#open(() => [...this.#runs.values()].map((run) => ({ ...run })));
  }

  endLostSessions(seenBeforeMs: number): Promise<number> {
    return this.#open(() => {
      let ended = 0;
      for (const session of this.#sessions.values()) {
        const seenAtMs = this.#runs.get(session.run)?.seenAtMs ?? session.startedAtMs;
        if (session.endedAtMs !== null || seenAtMs >= seenBeforeMs) continue;
        session.endedAtMs = seenAtMs;
        session.reason = LOST_SESSION_REASON;
        ended++;
      }
      for (const { id, seenAtMs } of this.#runs.values()) {
        if (seenAtMs < seenBeforeMs) this.#runs.delete(id);
      }
      return ended;
    });
  }

  prune({ sessionsMs, usageDay }: { sessionsMs: number; usageDay: string }): Promise<number> {
    return this.#open(() => {
      let removed = 0;
      for (const [id, { endedAtMs }] of this.#sessions) {
        if (endedAtMs !== null && endedAtMs < sessionsMs && this.#sessions.delete(id)) removed++;
      }
      for (const [key, { day }] of this.#usage) {
        if (day < usageDay && this.#usage.delete(key)) removed++;
      }
      return removed;
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #open<T>(body: () => T): Promise<T> {
    return Promise.try(() => {
      if (this.#closed) throw storeClosedError();
      return body();
    });
  }
}

function applyTo(accounts: Accounts, change: Exclude<AccountChange, { add: unknown }>): void {
  if ("put" in change) {
    if (change.put === "client") replace<ClientAccount>(accounts.clients, change.client);
    else {
      // A change keeps the last use of a key, which is counted separately.
      const used = accounts.keys.find(({ id }) => id === change.key.id)?.lastUsedAtMs;
      const lastUsedAtMs = used ?? change.key.lastUsedAtMs;
      replace<ApiKey>(accounts.keys, { ...change.key, lastUsedAtMs });
    }
  } else if (change.delete === "client") {
    const { id } = change;
    accounts.clients = accounts.clients.filter((each) => each.id !== id);
    accounts.keys = accounts.keys.filter(({ client }) => client !== id);
    accounts.entitlements = accounts.entitlements.filter(({ client }) => client !== id);
  } else if (change.delete === "key") {
    accounts.keys = accounts.keys.filter(({ id }) => id !== change.id);
  } else accounts.entitlements = accounts.entitlements.filter(({ id }) => id !== change.id);
}

function replace<T extends { id: string }>(list: T[], item: T): void {
  const at = list.findIndex(({ id }) => id === item.id);
  if (at < 0) list.push(item);
  else list[at] = item;
  list.sort((a, b) => a.id < b.id ? -1 : 1);
}

function assertOwners({ clients, keys, entitlements }: Accounts): void {
  const known = new Set(clients.map(({ id }) => id));
  for (const { client } of [...keys, ...entitlements]) {
    if (!known.has(client)) throw storeFailedError(`there is no client "${client}"`, "memory");
  }
}
