import type { JsonRecord } from "@ssmd/journal";
import { silentLogger } from "@ssmd/runtime";
import type { Access, StreamSession } from "../access.ts";
import type { ApiKey, ClientAccount } from "../account.ts";
import { hashSecret, newKey } from "../api_key.ts";
import type { AccountChange, ClientStore } from "../client_store.ts";
import type { Caller } from "../caller.ts";
import type { Authenticator, Lease } from "../authenticator.ts";
import { openApiKeyAuthenticator } from "../api_key_authenticator.ts";
import { ACCESS_LIMITS } from "../limits.ts";
import type { MeterFeeds } from "../meter.ts";
import type { AccessDenied } from "../access_denied.ts";
import { memoryClientStore } from "../store/sqlite.ts";
import { testClient, testKey } from "./accounts.ts";

/** A session that records its calls. */
export class TestSession implements StreamSession {
  readonly access: Access;
  readonly notices: Record<string, unknown>[] = [];
  denied: AccessDenied | undefined;
  changes = 0;
  lease: Lease | undefined;

  constructor(access: Access) {
    this.access = access;
  }

  onAccessChanged(): void {
    this.changes++;
  }

  onDenied(denied: AccessDenied): void {
    this.denied = denied;
    this.lease?.release(denied.code);
  }

  onNotice(notice: Record<string, unknown>): void {
    this.notices.push(notice);
  }
}

/** An API-key authenticator with a manual clock and manual timers. */
export interface ApiKeyRig {
  authenticator: Authenticator;
  store: ClientStore;
  clock: { ms: number };
  meterFeeds: MeterFeeds;
  /** Records of the journal. */
  journal: JsonRecord[];
  /** Requested timer delays, ms. */
  waits: number[];
  change(...changes: AccountChange[]): Promise<void>;
  /** Creates a key of a client; returns it with its text. */
  key(client: string, more?: Partial<ApiKey>): Promise<{ text: string; key: ApiKey }>;
  /** Advances the clock; each due timer runs once, in order. */
  advance(ms: number): Promise<void>;
  /** Opens a session. */
  openSession(text: string): Promise<TestSession>;
  /** Authenticates a caller: returns its client, or the error code. */
  outcomeOf(
    caller: Partial<Caller> | string,
    wanted?: Parameters<Authenticator["authenticate"]>[1],
  ): Promise<string>;
}

/** Start of the clock: noon UTC. */
export const NOON_MS: number = Date.parse("2026-03-01T12:00:00Z");

/** A caller with a key. */
export function callerWith(text: string, more: Partial<Caller> = {}): Caller {
  return {
    headers: text === "" ? {} : { authorization: `Bearer ${text}` },
    query: new URLSearchParams(),
    method: "GET",
    address: "192.0.2.1",
    what: "/v1/markets",
    ...more,
  };
}

/** Runs a test with an authenticator over a memory store that has the client `desk`. */
export async function withApiKeys(
  test: (rig: ApiKeyRig) => Promise<void>,
  account: Partial<ClientAccount> = {},
  store: ClientStore = memoryClientStore(),
): Promise<void> {
  const clock = { ms: NOON_MS };
  const timers: { ms: number; body: () => void }[] = [];
  const journal: JsonRecord[] = [];
  const waits: number[] = [];
  const change = async (...changes: AccountChange[]) => {
    await store.apply(await store.revision(), changes);
  };
  await change({ put: "client", client: testClient("desk", account) });
  const authenticator = await openApiKeyAuthenticator({
    ...{ store, logger: silentLogger, requestsPerSecondMax: 100 },
    audit: (record) => Promise.resolve(journal.push(record)),
    now: () => clock.ms,
    wait: (ms) => Promise.resolve(void waits.push(ms)),
    every: (ms, body) => {
      timers.push({ ms, body });
      return () => {};
    },
  });
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
  const advance = async (ms: number) => {
    clock.ms += ms;
    for (const { ms: period, body } of timers) {
      if (period > Math.max(ms, ACCESS_LIMITS.pollMs)) continue;
      body();
      await settle();
    }
  };
  const rig: ApiKeyRig = {
    ...{
      authenticator,
      store,
      clock,
      meterFeeds: authenticator.meterFeeds,
      journal,
      waits,
      change,
      advance,
    },
    key: async (client, more = {}) => {
      const made = newKey();
      const key = testKey(made.id, client, { hash: hashSecret(made), ...more });
      await change({ put: "key", key });
      await advance(0);
      return { text: made.text, key };
    },
    openSession: async (text) => {
      const caller = callerWith(text);
      const session = new TestSession(await authenticator.authenticate(caller));
      session.lease = await authenticator.openSession(session, caller);
      return session;
    },
    outcomeOf: async (caller, wanted) => {
      const full = typeof caller === "string" ? callerWith(caller) : callerWith("", caller);
      return await authenticator.authenticate(full, wanted).then(
        (access) => access.client || access.role,
        (denied: AccessDenied) => denied.code,
      );
    },
  };
  try {
    await test(rig);
  } finally {
    await authenticator.close();
  }
}
