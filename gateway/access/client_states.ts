import type { Accounts, ApiKey, Entitlement } from "./account.ts";
import type { ClientStore } from "./client_store.ts";
import { EntitlementSet } from "./entitlement_set.ts";
import { badKey, checkKey, ClientState, dayOf, type OpenSession } from "./client_state.ts";
import type { AccessDenied } from "./access_denied.ts";

/** Clients whose use by other gateways is looked up at a time. */
const USAGE_LOOKUPS_MAX = 50;

/** What has come into force or ended. */
interface ClientStatesOwner {
  /** A connection must go. */
  onDenied(session: OpenSession, denied: AccessDenied): void;
  /** The entitlements of a connection are others. */
  onEntitlementsChanged(session: OpenSession): void;
}

/**
 * The clients and keys of a store, kept in memory: a request is decided without a look at the disk, and
 * what was changed in the store holds within {@linkcode ACCESS_LIMITS.pollMs}.
 */
export class ClientStates {
  #store: ClientStore;
  #now: () => number;
  #changes: ClientStatesOwner;
  #revision = 0;
  #clients = new Map<string, ClientState>();
  #keys = new Map<string, ApiKey>();
  /** When the next key or entitlement of somebody who is connected ends. */
  #nextExpiryMs = Infinity;
  #synced = 0;

  constructor(store: ClientStore, now: () => number, changes: ClientStatesOwner) {
    this.#store = store;
    this.#now = now;
    this.#changes = changes;
  }

  /** All clients. */
  all(): IterableIterator<ClientState> {
    return this.#clients.values();
  }

  /** A key by its id, whatever its state. */
  key(id: string): ApiKey | undefined {
    return this.#keys.get(id);
  }

  /** The client of a key. */
  clientOf(key: ApiKey): ClientState | undefined {
    return this.#clients.get(key.client);
  }

  /** Takes over what was changed in the store, and lets end what is over by now. */
  async refresh(): Promise<void> {
    if (await this.#store.revision() !== this.#revision) {
      const accounts = await this.#store.load();
      this.#replaceAccounts(accounts);
      await this.#loadUsage();
      this.#revision = accounts.revision;
      this.#reviewAll();
    } else if (this.#nextExpiryMs <= this.#now()) this.#reviewAll();
  }

  /** A connection came: its key and entitlements end at their time. */
  watchExpiry({ key }: OpenSession, client: ClientState): void {
    const nowMs = this.#now();
    this.#nextExpiryMs = Math.min(
      this.#nextExpiryMs,
      this.#keys.get(key)?.expiresAtMs ?? Infinity,
      client.entitlements.nextExpiryMs(nowMs),
    );
  }

  #replaceAccounts({ clients, keys, entitlements }: Accounts): void {
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
    for (const client of before.values()) {
      client.isRemoved = true;
      this.#review(client);
    }
  }

  /** What clients with a quota used today, so that a restart gives nobody a second one. */
  async #loadUsage(): Promise<void> {
    const limited = [...this.#clients.values()].filter(hasQuota);
    if (limited.length === 0) return;
    const day = dayOf(this.#now());
    const all = await this.#store.usage({ fromDay: day, toDay: day });
    const byClient = Map.groupBy(all, ({ client }) => client);
    for (const client of limited) {
      client.mergeStoredUsage(day, byClient.get(client.account.id) ?? []);
    }
  }

  /** What connected clients with a quota use at other gateways of this store; some at a time. */
  async syncUsage(): Promise<void> {
    const limited = [...this.#clients.values()]
      .filter((client) => hasQuota(client) && client.sessions.size > 0);
    const day = dayOf(this.#now());
    for (let i = 0; i < Math.min(limited.length, USAGE_LOOKUPS_MAX); i++) {
      const client = limited[this.#synced++ % limited.length];
      if (client === undefined) return;
      const own = { client: client.account.id, fromDay: day, toDay: day };
      client.mergeStoredUsage(day, await this.#store.usage(own));
    }
  }

  #reviewAll(): void {
    this.#nextExpiryMs = Infinity;
    for (const client of this.#clients.values()) this.#review(client);
  }

  /** Sends away whose key or client is over, and looks anew at what its entitlements give. */
  #review(client: ClientState): void {
    const nowMs = this.#now();
    const ended = client.entitlementsChangeAtMs <= nowMs;
    client.entitlementsChangeAtMs = client.entitlements.nextExpiryMs(nowMs);
    for (const session of [...client.sessions]) {
      const key = this.#keys.get(session.key);
      const denied = key === undefined ? badKey() : checkKey(key, client, nowMs);
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
