import type { Accounts, ApiKey, Entitlement } from "./account.ts";
import type { ClientStore } from "./client_store.ts";
import { Entitled } from "./entitled.ts";
import { badKey, dayOf, type Guest, keyRefusal, KnownClient } from "./known_client.ts";
import type { Refusal } from "./refusal.ts";

/** Clients whose use by other gateways is looked up at a time. */
const USAGE_LOOKUPS_MAX = 50;

/** What has come into force or ended. */
export interface ClientChanges {
  /** A connection must go. */
  refused(guest: Guest, refusal: Refusal): void;
  /** The entitlements of a connection are others. */
  changed(guest: Guest): void;
}

/**
 * The clients and keys of a store, kept in memory: a request is decided without a look at the disk, and
 * what was changed in the store holds within {@linkcode ACCESS_LIMITS.pollMs}.
 */
export class KnownClients {
  #store: ClientStore;
  #now: () => number;
  #changes: ClientChanges;
  #revision = 0;
  #clients = new Map<string, KnownClient>();
  #keys = new Map<string, ApiKey>();
  /** When the next key or entitlement of somebody who is connected ends. */
  #nextEndMs = Infinity;
  #synced = 0;

  constructor(store: ClientStore, now: () => number, changes: ClientChanges) {
    this.#store = store;
    this.#now = now;
    this.#changes = changes;
  }

  /** All clients. */
  all(): IterableIterator<KnownClient> {
    return this.#clients.values();
  }

  /** A key by its id, whatever its state. */
  key(id: string): ApiKey | undefined {
    return this.#keys.get(id);
  }

  /** The client of a key. */
  clientOf(key: ApiKey): KnownClient | undefined {
    return this.#clients.get(key.client);
  }

  /** Takes over what was changed in the store, and lets end what is over by now. */
  async refresh(): Promise<void> {
    if (await this.#store.revision() !== this.#revision) {
      const accounts = await this.#store.load();
      this.#take(accounts);
      await this.#loadUsage();
      this.#revision = accounts.revision;
      this.#reviewAll();
    } else if (this.#nextEndMs <= this.#now()) this.#reviewAll();
  }

  /** A connection came: its key and entitlements end at their time. */
  watch({ key }: Guest, client: KnownClient): void {
    const nowMs = this.#now();
    this.#nextEndMs = Math.min(
      this.#nextEndMs,
      this.#keys.get(key)?.expiresAtMs ?? Infinity,
      client.entitled.nextEndMs(nowMs),
    );
  }

  #take({ clients, keys, entitlements }: Accounts): void {
    const byClient = Map.groupBy(entitlements, ({ client }) => client);
    const before = this.#clients;
    this.#clients = new Map();
    for (const account of clients) {
      const own = byClient.get(account.id) ?? [];
      const known = before.get(account.id);
      before.delete(account.id);
      const text = textOf(own);
      const client = known ?? new KnownClient(account, new Entitled(own), text);
      client.account = account;
      this.#clients.set(account.id, client);
      if (client.entitledText === text) continue;
      client.entitled = new Entitled(own);
      client.entitledText = text;
      client.entitledUntilMs = client.entitled.nextEndMs(this.#now());
      for (const guest of client.guests) this.#changes.changed(guest);
    }
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    for (const client of before.values()) {
      client.gone = true;
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
    for (const client of limited) client.usedElsewhere(day, byClient.get(client.account.id) ?? []);
  }

  /** What connected clients with a quota use at other gateways of this store; some at a time. */
  async syncUsage(): Promise<void> {
    const limited = [...this.#clients.values()]
      .filter((client) => hasQuota(client) && client.guests.size > 0);
    const day = dayOf(this.#now());
    for (let i = 0; i < Math.min(limited.length, USAGE_LOOKUPS_MAX); i++) {
      const client = limited[this.#synced++ % limited.length];
      if (client === undefined) return;
      const own = { client: client.account.id, fromDay: day, toDay: day };
      client.usedElsewhere(day, await this.#store.usage(own));
    }
  }

  #reviewAll(): void {
    this.#nextEndMs = Infinity;
    for (const client of this.#clients.values()) this.#review(client);
  }

  /** Sends away whose key or client is over, and looks anew at what its entitlements give. */
  #review(client: KnownClient): void {
    const nowMs = this.#now();
    const ended = client.entitledUntilMs <= nowMs;
    client.entitledUntilMs = client.entitled.nextEndMs(nowMs);
    for (const guest of [...client.guests]) {
      const key = this.#keys.get(guest.key);
      const refusal = key === undefined ? badKey() : keyRefusal(key, client, nowMs);
      if (refusal !== undefined) this.#changes.refused(guest, refusal);
      else {
        if (ended) this.#changes.changed(guest);
        this.watch(guest, client);
      }
    }
  }
}

function hasQuota({ account }: KnownClient): boolean {
  return account.limits.messagesPerDayMax !== null;
}

function textOf(entitlements: readonly Entitlement[]): string {
  return JSON.stringify(entitlements);
}
