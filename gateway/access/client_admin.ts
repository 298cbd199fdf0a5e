import { nearest, SsmdError, StorageError } from "@ssmd/runtime";
import type { Accounts, ApiKey, ClientAccount, ClientLimits, Entitlement } from "./account.ts";
import { hashSecret, newKey } from "./api_key.ts";
import type { AccountChange, ClientStore } from "./client_store.ts";
import { ACCESS_LIMITS } from "./limits.ts";

/** A change of clients that is not possible. */
export class ClientError extends SsmdError {}

/** A new key; its text is not available later. */
export interface MadeKey {
  key: ApiKey;
  /** `ssmd_<id>_<secret>` */
  text: string;
}

/** Options of a new key. */
interface KeyOptions {
  label?: string;
  /** Expiry; null = never. */
  expiresAtMs: number | null;
}

/** Content of an entitlement. */
type Given = Pick<Entitlement, "feed" | "symbols" | "types" | "expiresAtMs">;

/** Attempts at a store that changes concurrently. */
const TRIES = 5;

/** Options of a key rotation. */
interface Rotation {
  /** Time for which the old key stays valid, unless it expires earlier, ms. */
  graceMs: number;
  /** Expiry of the new key; undefined = the same lifetime as the old one's. */
  expiresAtMs?: number | null;
}

/** A new key and the one it replaces. */
type RotatedKey = MadeKey & { old: ApiKey };

/**
 * Administers the clients of a store: each call validates and applies its change in one step, also
 * with concurrent changes. Throws {@linkcode ClientError}, and the store's errors.
 */
export class ClientAdmin {
  #store: ClientStore;
  #now: () => number;

  constructor(store: ClientStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** Loads all accounts. */
  accounts(): Promise<Accounts> {
    return this.#store.load();
  }

  /** Creates a client without keys or entitlements. */
  async create(
    id: string,
    options:
      & Pick<ClientAccount, "description" | "role" | "limits">
      & Partial<Pick<ClientAccount, "use" | "owner">>,
  ): Promise<ClientAccount> {
    const nowMs = this.#now();
    const times = { disconnectedAtMs: 0, createdAtMs: nowMs, updatedAtMs: nowMs };
    const unset = { use: "unspecified", owner: "" } as const;
    const client: ClientAccount = { ...unset, ...options, id, enabled: true, ...times };
    return await this.#change(({ clients }) => {
      if (clients.some((each) => each.id === id)) {
        throw new ClientError("CLIENT_EXISTS", `There is a client "${id}" already`, {
          hint: `Change it with: ssmd client update ${id}`,
        });
      }
      if (clients.length >= ACCESS_LIMITS.clientsMax) {
        throw full("clients", ACCESS_LIMITS.clientsMax);
      }
      return { changes: [{ put: "client", client }], result: client };
    });
  }

  /** Updates the given fields of a client; limits are merged one by one. */
  async update(
    id: string,
    changes: Partial<Pick<ClientAccount, "description" | "owner" | "role" | "enabled" | "use">> & {
      limits?: Partial<ClientLimits>;
    },
  ): Promise<ClientAccount> {
    return await this.#change((accounts) => {
      const before = clientIn(accounts, id);
      const limits = { ...before.limits, ...changes.limits };
      const client = { ...before, ...changes, limits, updatedAtMs: this.#now() };
      return { changes: [{ put: "client", client }], result: client };
    });
  }

  /** Removes a client with its keys and entitlements; resolves with their numbers. */
  async remove(id: string): Promise<{ keys: number; entitlements: number }> {
    return await this.#change((accounts) => {
      clientIn(accounts, id);
      const own = ({ client }: { client: string }) => client === id;
      const result = {
        keys: accounts.keys.filter(own).length,
        entitlements: accounts.entitlements.filter(own).length,
      };
      return { changes: [{ delete: "client", id }], result };
    });
  }

  /** Creates a key. */
  async addKey(client: string, { label = "", expiresAtMs }: KeyOptions): Promise<MadeKey> {
    return await this.#change((accounts) => {
      clientIn(accounts, client);
      const nowMs = this.#now();
      const live = accounts.keys.filter((key) => key.client === client && isLive(key, nowMs));
      if (live.length >= ACCESS_LIMITS.keysPerClientMax) {
        throw full(`keys of ${client}`, ACCESS_LIMITS.keysPerClientMax);
      }
      const made = this.#newKey(client, label, expiresAtMs);
      const changes = [{ put: "key", key: made.key } as const, ...oldKeys(accounts, client, nowMs)];
      return { changes, result: made };
    });
  }

  /**
   * Creates a key that replaces another one, which stays valid for `graceMs` unless it expires
   * earlier. The new key expires at `expiresAtMs`; undefined = same lifetime as the old one's.
   */
  async rotateKey(id: string, rotation: Rotation): Promise<RotatedKey> {
    const [rotated] = await this.rotateKeys(() => [id], rotation);
    if (rotated === undefined) throw unknownKeyError();
    return rotated;
  }

  /** As {@linkcode ClientAdmin.rotateKey} for the keys that `decide` returns, all or none. */
  async rotateKeys(
    decide: (accounts: Accounts) => readonly string[],
    rotation: Rotation,
  ): Promise<RotatedKey[]> {
    return await this.#change((accounts) => {
      const result = decide(accounts).map((id) => this.#successorOf(keyIn(accounts, id), rotation));
      const changes = result.flatMap(({ key, old }): AccountChange[] => [
        { put: "key", key },
        { put: "key", key: old },
      ]);
      const clients = new Set(result.map(({ key }) => key.client));
      for (const client of clients) changes.push(...oldKeys(accounts, client, this.#now()));
      return { changes, result };
    });
  }

  /** Revokes a key immediately; an already revoked key stays unchanged. */
  async revokeKey(id: string): Promise<ApiKey> {
    return await this.#change((accounts) => {
      const before = keyIn(accounts, id);
      if (before.revokedAtMs !== null) return { changes: [], result: before };
      const key = { ...before, revokedAtMs: this.#now() };
      return { changes: [{ put: "key", key }], result: key };
    });
  }

  /** Grants an entitlement; granting the same one again only replaces its expiry. */
  async entitle(client: string, given: Given): Promise<Entitlement> {
    const [made] = await this.entitleAll([client], given);
    if (made === undefined) throw unknownEntitlementError(client, "that was just given");
    return made;
  }

  /** Grants the same entitlement to several clients, all or none. */
  async entitleAll(clients: readonly string[], given: Given): Promise<Entitlement[]> {
    const isSame = (each: Entitlement) =>
      clients.includes(each.client) && each.feed === given.feed &&
      each.symbols === given.symbols && String(each.types) === String(given.types);
    await this.#change((accounts) => {
      const same = accounts.entitlements.filter(isSame);
      const changes: AccountChange[] = same.map(({ id }) => ({ delete: "entitlement", id }));
      for (const client of new Set(clients)) {
        clientIn(accounts, client);
        const own = accounts.entitlements.filter((each) => each.client === client);
        if (!own.some(isSame) && own.length >= ACCESS_LIMITS.entitlementsPerClientMax) {
          throw full(`entitlements of ${client}`, ACCESS_LIMITS.entitlementsPerClientMax);
        }
        const entitlement = { ...given, client, createdAtMs: this.#now() };
        changes.push({ add: "entitlement", entitlement });
      }
      return { changes, result: undefined };
    });
    return (await this.#store.load()).entitlements.filter(isSame);
  }

  /** Removes entitlements of a client, by id or all. Resolves with those removed. */
  async revoke(client: string, ids: readonly number[] | "all"): Promise<Entitlement[]> {
    return await this.#change((accounts) => {
      clientIn(accounts, client);
      const own = accounts.entitlements.filter((each) => each.client === client);
      const missing = ids === "all" ? undefined : ids.find((id) => !own.some((e) => e.id === id));
      if (missing !== undefined) throw unknownEntitlementError(client, String(missing));
      const result = own.filter(({ id }) => ids === "all" || ids.includes(id));
      return { changes: result.map(({ id }) => ({ delete: "entitlement", id })), result };
    });
  }

  /** Applies the changes that `decide` returns for the current accounts, all or none. */
  async change(decide: (accounts: Accounts) => readonly AccountChange[]): Promise<void> {
    await this.#change((accounts) => ({ changes: decide(accounts), result: undefined }));
  }

  #successorOf(before: ApiKey, { graceMs, expiresAtMs }: Rotation): RotatedKey {
    const nowMs = this.#now();
    if (!isLive(before, nowMs)) throw keyOver(before);
    if (before.replacedBy !== null) throw keyReplacedError(before);
    const life = before.expiresAtMs === null ? null : before.expiresAtMs - before.createdAtMs;
    const ends = expiresAtMs === undefined ? life === null ? null : nowMs + life : expiresAtMs;
    const made = this.#newKey(before.client, before.label, ends);
    const endsAtMs = Math.min(before.expiresAtMs ?? Infinity, nowMs + graceMs);
    return { ...made, old: { ...before, expiresAtMs: endsAtMs, replacedBy: made.key.id } };
  }

  #newKey(client: string, label: string, expiresAtMs: number | null): MadeKey {
    const made = newKey();
    const createdAtMs = this.#now();
    const key = {
      ...{ id: made.id, client, label, hash: hashSecret(made), createdAtMs, expiresAtMs },
      ...{ revokedAtMs: null, replacedBy: null, lastUsedAtMs: null },
    };
    return { key, text: made.text };
  }

  /** Reads, decides and writes; retries on a concurrent change. */
  async #change<T>(
    decide: (accounts: Accounts) => { changes: readonly AccountChange[]; result: T },
  ): Promise<T> {
    for (let tried = 1;; tried++) {
      const accounts = await this.#store.load();
      const { changes, result } = decide(accounts);
      try {
        if (changes.length > 0) await this.#store.apply(accounts.revision, changes);
        return result;
      } catch (error) {
        const changed = error instanceof StorageError && error.code === "CLIENT_STORE_CHANGED";
        if (!changed || tried === TRIES) throw error;
      }
    }
  }
}

/** Whether a key is neither revoked nor expired. */
export function isLive(key: ApiKey, nowMs: number): boolean {
  return key.revokedAtMs === null && (key.expiresAtMs === null || key.expiresAtMs > nowMs);
}

/** Returns a client by name. Throws ClientError `CLIENT_UNKNOWN` that suggests a similar name. */
export function clientIn({ clients }: Accounts, id: string): ClientAccount {
  const found = clients.find((client) => client.id === id);
  if (found !== undefined) return found;
  const near = nearest(id, clients.map((client) => client.id));
  throw new ClientError("CLIENT_UNKNOWN", `There is no client "${id}"`, {
    hint: near === undefined
      ? "ssmd client accounts lists them; ssmd client create makes one"
      : `Did you mean "${near}"?`,
  });
}

/** Returns deletions of a client's oldest ended keys beyond the limit. */
function oldKeys({ keys }: Accounts, client: string, nowMs: number): AccountChange[] {
  const own = keys.filter((key) => key.client === client);
  const ended = own.filter((key) => !isLive(key, nowMs))
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
  const tooMany = Math.max(0, own.length + 1 - ACCESS_LIMITS.keysKeptPerClientMax);
  return ended.slice(0, tooMany).map(({ id }) => ({ delete: "key", id }));
}

function keyIn({ keys }: Accounts, id: string): ApiKey {
  const found = keys.find((key) => key.id === id);
  if (found !== undefined) return found;
  throw unknownKeyError();
}

function unknownKeyError(): ClientError {
  // The text may be a whole key: do not repeat it.
  return new ClientError("API_KEY_UNKNOWN", "There is no key of this id", {
    hint: "The id is the middle of ssmd_<id>_<secret>; ssmd client api-key list shows all",
  });
}

function keyOver({ id, client }: ApiKey): ClientError {
  return new ClientError("API_KEY_OVER", `Key ${id} has ended, so nothing takes its place`, {
    hint: `Make a new one: ssmd client api-key create ${client}`,
  });
}

function keyReplacedError({ id, replacedBy }: ApiKey): ClientError {
  return new ClientError("API_KEY_REPLACED", `Key ${id} was rotated already`, {
    hint: `Rotate the one that took its place: ssmd client api-key rotate ${replacedBy}`,
  });
}

function unknownEntitlementError(client: string, id: string): ClientError {
  return new ClientError("ENTITLEMENT_UNKNOWN", `Client ${client} has no entitlement ${id}`, {
    hint: `ssmd client entitlements ${client} lists them with their numbers`,
  });
}

function full(what: string, most: number): ClientError {
  return new ClientError("CLIENT_STORE_FULL", `There are as many ${what} as may be: ${most}`, {
    hint: "Remove what is not needed any more",
  });
}
