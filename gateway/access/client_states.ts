import { groupOf } from "./address_guard.ts";
import type { Accounts, ApiKey, Block, Entitlement, UsageCount } from "./account.ts";
import type { ClientStore } from "./client_store.ts";
import { EntitlementSet } from "./entitlement_set.ts";
import type { ExternalKey } from "./external_key.ts";
import { ACCESS_LIMITS, TOKEN_LIMITS } from "./limits.ts";
import { dayOfMs } from "@ssmd/runtime";
import {
  badKey,
  checkDisconnected,
  checkKey,
  ClientState,
  type OpenSession,
} from "./client_state.ts";
import { AccessDenied } from "./access_denied.ts";

/** Maximum number of clients whose stored usage is loaded per sync. */
const USAGE_LOOKUPS_MAX = 50;

/** Receives changes of keys and entitlements. */
interface ClientStatesOwner {
  /** A session is no longer valid. */
  onDenied(session: OpenSession, denied: AccessDenied): void;
  /** The entitlements of a session changed. */
  onEntitlementsChanged(session: OpenSession): void;
}

/**
 * Clients and keys of a store, cached in memory: requests are checked without reading the disk, and
 * changes of the store apply within {@linkcode ACCESS_LIMITS.pollMs}.
 */
export class ClientStates {
  #store: ClientStore;
  #now: () => number;
  #changes: ClientStatesOwner;
  #revision = 0;
  #clients = new Map<string, ClientState>();
  #keys = new Map<string, ApiKey>();
  #blocks = new Map<string, Block>();
  #external = new Map<string, ExternalKey>();
  /** Next expiry of a key or entitlement that an open session uses, ms. */
  #nextExpiryMs = Infinity;
  #synced = 0;
  #gateways = 1;

  constructor(store: ClientStore, now: () => number, changes: ClientStatesOwner) {
    this.#store = store;
    this.#now = now;
    this.#changes = changes;
  }

  /** Revision of the accounts that applies here; 0 = none yet. */
  get revision(): number {
    return this.#revision;
  }

  /** Number of live gateways that share the store, including this one. */
  get gateways(): number {
    return this.#gateways;
  }

  /** All clients. */
  all(): IterableIterator<ClientState> {
    return this.#clients.values();
  }

  /** Returns a key by its id, valid or not. */
  key(id: string): ApiKey | undefined {
    return this.#keys.get(id) ?? this.#external.get(id);
  }

  /** Remembers a token or certificate for its streams, tickets and sign-ins. */
  remember(key: ExternalKey): void {
    this.#external.delete(key.id);
    this.#external.set(key.id, key);
    if (this.#external.size <= TOKEN_LIMITS.rememberedMax) return;
    this.#external.delete(this.#external.keys().next().value as string);
  }

  /** Returns the error of a blocked address; undefined = not blocked. */
  checkBlocked(address: string): AccessDenied | undefined {
    if (this.#blocks.size === 0) return undefined;
    const block = this.#blocks.get(groupOf(address));
    if (block === undefined || (block.untilMs ?? Infinity) <= this.#now()) return undefined;
    return new AccessDenied("ADDRESS_REFUSED", "Requests from this address are blocked", {
      status: 403,
      hint: "Ask whoever runs the gateway why",
    });
  }

  /** Returns the client of a key. */
  clientOf(key: ApiKey): ClientState | undefined {
    return this.#clients.get(key.client);
  }

  /** Loads changes from the store and ends expired sessions. */
  async refresh(): Promise<void> {
    const seenSinceMs = this.#now() - ACCESS_LIMITS.runLostMs;
    const live = (await this.#store.runs()).filter(({ seenAtMs }) => seenAtMs >= seenSinceMs);
    this.#gateways = Math.max(1, live.length);
    if (await this.#store.revision() !== this.#revision) {
      const accounts = await this.#store.load();
      this.#replaceAccounts(accounts);
      await this.#loadUsage();
      this.#revision = accounts.revision;
      this.#reviewAll();
    } else if (this.#nextExpiryMs <= this.#now()) this.#reviewAll();
  }

  /** Schedules a review for the expiry of a session's key or entitlements. */
  watchExpiry({ key }: OpenSession, client: ClientState): void {
    const nowMs = this.#now();
    this.#nextExpiryMs = Math.min(
      this.#nextExpiryMs,
      this.key(key)?.expiresAtMs ?? Infinity,
      client.entitlements.nextExpiryMs(nowMs),
    );
  }

  #replaceAccounts({ clients, keys, entitlements, blocks }: Accounts): void {
    const byClient = Map.groupBy(entitlements, ({ client }) => client);
    const before = this.#clients;
    this.#clients = new Map();
    for (const account of clients) {
      const own = byClient.get(account.id) ?? [];
      const known = before.get(account.id);
      before.delete(account.id);
      const text = jsonOf(own);
      const client = known ?? new ClientState(account, new EntitlementSet(own), text);
      client.account = account;
      this.#clients.set(account.id, client);
      if (client.entitlementsJson === text) continue;
      client.entitlements = new EntitlementSet(own);
      client.entitlementsJson = text;
      client.entitlementsChangeAtMs = client.entitlements.nextExpiryMs(this.#now());
      for (const session of client.sessions) this.#changes.onEntitlementsChanged(session);
    }
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#blocks = new Map(blocks.map((block) => [block.address, block]));
    for (const client of before.values()) {
      client.isRemoved = true;
      this.#review(client);
    }
  }

  /** Loads today's usage of clients with a quota, so that a restart does not reset it. */
  async #loadUsage(): Promise<void> {
    const limited = [...this.#clients.values()].filter(hasQuota);
    if (limited.length === 0) return;
    const day = dayOfMs(this.#now());
    const all = await this.#store.usage({ fromDay: day, toDay: day });
    const byClient = Map.groupBy(all, ({ client }) => client);
    for (const client of limited) {
      client.mergeStoredUsage(day, byClient.get(client.account.id) ?? []);
    }
  }

  /** Notes counts that have been stored. */
  noteWritten(usage: readonly UsageCount[]): void {
    for (const count of usage) this.#clients.get(count.client)?.noteWritten(count);
  }

  /**
   * Loads the usage at other gateways of connected clients with a quota, and of clients with recent
   * requests; at most `USAGE_LOOKUPS_MAX` per call.
   */
  async syncUsage(): Promise<void> {
    const wanted = [...this.#clients.values()].filter((client) =>
      (hasQuota(client) && client.sessions.size > 0) || (client.wasActive && this.#gateways > 1)
    );
    const day = dayOfMs(this.#now());
    const some = Array.from(
      { length: Math.min(wanted.length, USAGE_LOOKUPS_MAX) },
      () => wanted[this.#synced++ % wanted.length],
    );
    await Promise.all(some.map(async (client) => {
      if (client === undefined) return;
      const own = { client: client.account.id, fromDay: day, toDay: day };
      client.mergeStoredUsage(day, await this.#store.usage(own));
    }));
  }

  #reviewAll(): void {
    this.#nextExpiryMs = Infinity;
    for (const client of this.#clients.values()) this.#review(client);
  }

  /** Ends sessions whose key or client is no longer valid; re-evaluates entitlements. */
  #review(client: ClientState): void {
    const nowMs = this.#now();
    const ended = client.entitlementsChangeAtMs <= nowMs;
    client.entitlementsChangeAtMs = client.entitlements.nextExpiryMs(nowMs);
    for (const session of [...client.sessions]) {
      const key = this.key(session.key);
      const denied = key === undefined
        ? badKey()
        : checkKey(key, client, nowMs) ?? checkDisconnected(session, client) ??
          this.checkBlocked(session.record.address);
      if (denied !== undefined) this.#changes.onDenied(session, denied);
      else {
        if (ended) this.#changes.onEntitlementsChanged(session);
        this.watchExpiry(session, client);
      }
    }
  }
}

function hasQuota({ account }: ClientState): boolean {
  return account.limits.messagesPerDayMax !== null;
}

function jsonOf(entitlements: readonly Entitlement[]): string {
  return JSON.stringify(entitlements);
}
