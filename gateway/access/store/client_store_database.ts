import type { Database, Statements } from "@ssmd/database";
import type {
  Accounts,
  GatewayRun,
  PastEntitlement,
  SessionRecord,
  UsageCount,
} from "../account.ts";
import {
  type AccountChange,
  type ClientStore,
  type Counted,
  LOST_SESSION_REASON,
  type SessionClaim,
  type SessionQuery,
  type UsageQuery,
} from "../client_store.ts";
import { reachedLimit, type SessionLimit } from "../session_limit.ts";
import { storeChangedError, storeError } from "./errors.ts";
import * as statements from "./statements.ts";
import {
  BATCHES,
  BLOCKS,
  clientOf,
  clientRow,
  CLIENTS,
  entitlementOf,
  entitlementRow,
  ENTITLEMENTS,
  KEYS,
  pastEntitlementOf,
  RUNS,
  SESSIONS,
  USAGE,
} from "./tables.ts";

type Kind = Parameters<Database["transaction"]>[0];

/** Store of clients in a database with the tables of {@linkcode CLIENT_MIGRATIONS}. */
export class DatabaseClientStore implements ClientStore {
  #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get where(): string {
    return this.#database.where;
  }

  load(): Promise<Accounts> {
    return this.#in("read", async ({ all }) => ({
      revision: await revisionIn({ all }),
      clients: (await all("SELECT * FROM clients ORDER BY id")).map(clientOf),
      keys: (await all("SELECT * FROM api_keys ORDER BY id")).map(KEYS.recordOf),
      entitlements: (await all("SELECT * FROM entitlements ORDER BY id")).map(entitlementOf),
      blocks: (await all("SELECT * FROM blocks ORDER BY address")).map(BLOCKS.recordOf),
    }));
  }

  revision(): Promise<number> {
    return this.#in("read", revisionIn);
  }

  apply(from: number, changes: readonly AccountChange[]): Promise<number> {
    return this.#in("change", async (run) => {
      // A concurrent change blocks here, and then finds another revision.
      if (await run.run(statements.NEXT_REVISION, from) === 0) throw storeChangedError();
      for (const change of changes) await applyChange(run, change);
      return from + 1;
    });
  }

  count(counted: Counted): Promise<void> {
    return this.#in("count", async (run) => {
      const { batch, run: gateway } = counted;
      if (gateway !== undefined) await run.run(RUNS.upsert, ...RUNS.valuesOf(gateway));
      if (batch !== undefined) {
        const changed = await run.run(statements.NEXT_BATCH, ...BATCHES.valuesOf(batch));
        if (changed === 0) return;
      }
      // Sorted, so that gateways lock rows in the same order and never deadlock.
      const usage = counted.usage.map(USAGE.valuesOf).sort(byText);
      const sessions = counted.sessions.map(SESSIONS.valuesOf).sort(byText);
      const keys = counted.keysUsed.map(({ id, atMs }) => [id, atMs]).sort(byText);
      await run.runEach(statements.ADD_USAGE, usage);
      await run.runEach(statements.UPSERT_SESSION, sessions);
      await run.runEach(statements.USE_KEY, keys);
    });
  }

  claimSession(claim: SessionClaim): Promise<SessionLimit | undefined> {
    const { session, limits, seenSinceMs } = claim;
    return this.#in("count", async (run) => {
      await run.run(statements.LOCK_CLIENT, session.client);
      const open = await run.all(statements.OPEN_ADDRESSES, session.client, seenSinceMs);
      const reached = reachedLimit(
        limits,
        session.address,
        open.map(({ address }) => String(address)),
      );
      if (reached !== undefined) return reached;
      await run.run(statements.UPSERT_SESSION, ...SESSIONS.valuesOf(session));
      return undefined;
    });
  }

  usage({ client, fromDay, toDay }: UsageQuery): Promise<UsageCount[]> {
    return this.#in("read", async ({ all }) => {
      const values = [client ?? null, fromDay ?? "", toDay ?? "9"];
      return (await all(statements.FIND_USAGE, ...values)).map(USAGE.recordOf);
    });
  }

  sessions({ client, openOnly, within, limit }: SessionQuery): Promise<SessionRecord[]> {
    return this.#in("read", async ({ all }) => {
      const { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER } = within ?? {};
      const values = [client ?? null, openOnly === true ? 1 : 0, fromMs, toMs, limit];
      return (await all(statements.FIND_SESSIONS, ...values)).map(SESSIONS.recordOf);
    });
  }

  entitlementHistory(): Promise<{ sinceMs: number; entitlements: PastEntitlement[] }> {
    return this.#in("read", async ({ all }) => ({
      sinceMs: Number((await all("SELECT since_ms FROM entitlement_history"))[0]?.["since_ms"]),
      entitlements: (await all(statements.ALL_ENTITLEMENTS)).map(pastEntitlementOf),
    }));
  }

  runs(): Promise<GatewayRun[]> {
    return this.#in(
      "read",
      async ({ all }) => (await all("SELECT * FROM runs ORDER BY id")).map(RUNS.recordOf),
    );
  }

  endLostSessions(seenBeforeMs: number): Promise<number> {
    return this.#in("count", async ({ run }) => {
      const ended = await run(statements.END_LOST, LOST_SESSION_REASON, seenBeforeMs);
      await run("DELETE FROM runs WHERE seen_at_ms < $1", seenBeforeMs);
      return ended;
    });
  }

  prune({ sessionsMs, usageDay }: { sessionsMs: number; usageDay: string }): Promise<number> {
    return this.#in("count", async ({ run }) => {
      await run("DELETE FROM batches WHERE at_ms < $1", sessionsMs);
      return await run("DELETE FROM sessions WHERE ended_at_ms < $1", sessionsMs) +
        await run("DELETE FROM usage WHERE day < $1", usageDay) +
        await run(
          "DELETE FROM removed_entitlements WHERE removed_at_ms < $1",
          Date.parse(usageDay),
        );
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #in<T>(kind: Kind, body: (run: Statements) => Promise<T>): Promise<T> {
    try {
      return await this.#database.transaction(kind, body);
    } catch (error) {
      throw storeError(error, this.#database);
    }
  }
}

async function revisionIn({ all }: Pick<Statements, "all">): Promise<number> {
  return Number((await all("SELECT number FROM revision"))[0]?.["number"]);
}

async function applyChange({ run }: Statements, change: AccountChange): Promise<void> {
  if ("add" in change) await run(ENTITLEMENTS.insert, ...entitlementRow(change.entitlement));
  else if ("delete" in change) await run(statements.DELETE[change.delete], change.id);
  else if (change.put === "client") await run(CLIENTS.upsert, ...clientRow(change.client));
  else if (change.put === "key") await run(KEYS.upsert, ...KEYS.valuesOf(change.key));
  else await run(BLOCKS.upsert, ...BLOCKS.valuesOf(change.block));
}

function byText(one: readonly unknown[], other: readonly unknown[]): number {
  const [a, b] = [one.join("\n"), other.join("\n")];
  return a < b ? -1 : a > b ? 1 : 0;
}
