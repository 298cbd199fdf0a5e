import assert from "node:assert/strict";
import { type ClientStore, LOST_SESSION_REASON } from "../client_store.ts";
import { testClient, testEntitlement, testKey, testSession } from "./accounts.ts";

type Body = (store: ClientStore) => Promise<void>;

/** Tests that every client store must pass; `open` returns an empty one. */
export function clientStoreContract(name: string, open: () => Promise<ClientStore>): void {
  for (const [promise, body] of Object.entries(PROMISES)) {
    Deno.test(`${name}: ${promise}`, async () => {
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  }
}

const LIMITS = {
  sessionsMax: 3,
  devicesMax: 2,
  requestsPerSecondMax: 10,
  messagesPerDayMax: 1_000_000,
};

const PROMISES: Readonly<Record<string, Body>> = {
  "begins empty": async (store) => {
    const { revision, ...accounts } = await store.load();
    assert.deepEqual(accounts, { clients: [], keys: [], entitlements: [], blocks: [] });
    assert.equal(await store.revision(), revision);
    assert.deepEqual([await store.usage({}), await store.sessions({ limit: 10 })], [[], []]);
  },

  "gives back what was put, to the last field": async (store) => {
    const client = testClient("desk", {
      role: "admin",
      limits: LIMITS,
      disconnectedAtMs: 4,
      use: "display",
      description: 'a "desk" ü',
      owner: "Rates, Ada Byron",
    });
    const key = testKey("k1", "desk", { expiresAtMs: 5, revokedAtMs: 6, replacedBy: "k2" });
    const block = { address: "192.0.2.1", reason: "why", createdAtMs: 5, untilMs: 6 };
    const all = testEntitlement("desk", "*");
    const some = testEntitlement("desk", "kraken", {
      ...{ symbols: "BTC*", types: ["trade", "gap"], expiresAtMs: 9 },
    });
    const from = await store.revision();
    const revision = await store.apply(from, [
      { put: "client", client },
      { put: "key", key },
      { put: "block", block: { ...block, untilMs: null } },
      { put: "block", block },
      { put: "block", block: { ...block, address: "192.0.2.2" } },
      { delete: "block", id: "192.0.2.2" },
      { add: "entitlement", entitlement: all },
      { add: "entitlement", entitlement: some },
    ]);
    assert.ok(revision > from);
    assert.deepEqual(await store.load(), {
      revision,
      clients: [client],
      keys: [key],
      entitlements: [{ ...all, id: 1 }, { ...some, id: 2 }],
      blocks: [block],
    });
  },

  "putting again replaces, and removes nothing else": async (store) => {
    await fillStore(store);
    const client = testClient("desk", { enabled: false, updatedAtMs: 2 });
    const key = testKey("k1", "desk", { revokedAtMs: 2 });
    await store.apply(await store.revision(), [{ put: "client", client }, { put: "key", key }]);
    const accounts = await store.load();
    assert.deepEqual([accounts.clients, accounts.keys], [[client], [key]]);
    assert.equal(accounts.entitlements.length, 1);
  },

  "a client goes with its keys and entitlements; its usage and sessions stay": async (store) => {
    await fillStore(store);
    const usage = { day: "2026-01-01", client: "desk", feed: "kraken", type: "trade", messages: 1 };
    await store.count({ usage: [usage], sessions: [testSession("s1")], keysUsed: [] });
    await store.apply(await store.revision(), [{ delete: "client", id: "desk" }]);
    const { clients, keys, entitlements } = await store.load();
    assert.deepEqual([clients, keys, entitlements], [[], [], []]);
    assert.deepEqual(await store.usage({}), [usage]);
    assert.equal((await store.sessions({ limit: 1 })).length, 1);
  },

  "what was taken away is still known, with when it was, also of a client that went": async (
    store,
  ) => {
    await fillStore(store);
    const startedMs = Date.now() - 1;
    const other = testEntitlement("desk", "kalshi");
    await store.apply(await store.revision(), [{ delete: "entitlement", id: 1 }]);
    await store.apply(await store.revision(), [{ add: "entitlement", entitlement: other }]);
    const { sinceMs, entitlements } = await store.entitlementHistory();
    assert.ok(sinceMs > 0 && sinceMs <= Date.now());
    const [gone, given] = entitlements;
    assert.deepEqual([gone?.id, given], [1, { ...other, id: 2, removedAtMs: null }]);
    assert.ok((gone?.removedAtMs ?? 0) >= startedMs);
    await store.apply(await store.revision(), [{ delete: "client", id: "desk" }]);
    const after = (await store.entitlementHistory()).entitlements;
    assert.deepEqual(after.map(({ id, removedAtMs }) => [id, removedAtMs !== null]), [
      ...[[1, true], [2, true]],
    ]);
    const later = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    assert.equal(await store.prune({ sessionsMs: 0, usageDay: later }), 2);
    assert.deepEqual((await store.entitlementHistory()).entitlements, []);
  },

  "sessions of a span are those that were open within it": async (store) => {
    const sessions = [
      testSession("before", { startedAtMs: 1, endedAtMs: 9, reason: "" }),
      testSession("into", { startedAtMs: 1, endedAtMs: 10, reason: "" }),
      testSession("open", { startedAtMs: 19 }),
      testSession("after", { startedAtMs: 20 }),
    ];
    await store.count({ usage: [], sessions, keysUsed: [] });
    const found = await store.sessions({ limit: 9, within: { fromMs: 10, toMs: 20 } });
    assert.deepEqual(found.map(({ id }) => id), ["open", "into"]);
  },

  "a key goes by itself": async (store) => {
    await fillStore(store);
    await store.apply(await store.revision(), [{ delete: "key", id: "k1" }]);
    const { clients, keys } = await store.load();
    assert.deepEqual([clients.length, keys], [1, []]);
  },

  "the number of an entitlement is never given twice": async (store) => {
    await fillStore(store);
    const entitlement = testEntitlement("desk", "kalshi");
    await store.apply(await store.revision(), [{ delete: "entitlement", id: 1 }]);
    await store.apply(await store.revision(), [{ add: "entitlement", entitlement }]);
    assert.deepEqual((await store.load()).entitlements.map(({ id }) => id), [2]);
  },

  "changes are made whole or not at all": async (store) => {
    const before = await store.load();
    const changes = [
      { put: "client", client: testClient("desk") },
      { put: "key", key: testKey("k1", "nobody") },
    ] as const;
    await assert.rejects(store.apply(before.revision, changes), { code: "CLIENT_STORE_FAILED" });
    assert.deepEqual(await store.load(), before);
  },

  "of two who change the same state, the second is refused": async (store) => {
    const revision = await store.revision();
    await store.apply(revision, [{ put: "client", client: testClient("a") }]);
    const late = store.apply(revision, [{ put: "client", client: testClient("b") }]);
    await assert.rejects(late, { code: "CLIENT_STORE_CHANGED", retryable: true });
    assert.deepEqual((await store.load()).clients.map(({ id }) => id), ["a"]);
  },

  "usage adds up, and is found by client and days": async (store) => {
    const count = (day: string, client: string, messages: number) => ({
      ...{ day, client, feed: "kraken", type: "trade", messages },
    });
    const all = [count("2026-01-01", "a", 1), count("2026-01-02", "a", 2)];
    await store.count({ usage: all, sessions: [], keysUsed: [] });
    await store.count({
      ...{ sessions: [], keysUsed: [] },
      usage: [count("2026-01-02", "a", 40), count("2026-01-02", "b", 3)],
    });
    const found = async (query: Parameters<ClientStore["usage"]>[0]) =>
      (await store.usage(query)).map(({ day, client, messages }) => `${day} ${client} ${messages}`);
    assert.deepEqual(await found({}), ["2026-01-01 a 1", "2026-01-02 a 42", "2026-01-02 b 3"]);
    assert.deepEqual(await found({ client: "a", fromDay: "2026-01-02" }), ["2026-01-02 a 42"]);
    assert.deepEqual(await found({ toDay: "2026-01-01" }), ["2026-01-01 a 1"]);
  },

  "counting leaves the revision, and the key's last use survives a change": async (store) => {
    await fillStore(store);
    const revision = await store.revision();
    const used = (atMs: number) => ({ usage: [], sessions: [], keysUsed: [{ id: "k1", atMs }] });
    await store.count(used(70));
    await store.count(used(60));
    assert.equal(await store.revision(), revision);
    const key = testKey("k1", "desk", { label: "new" });
    await store.apply(revision, [{ put: "key", key }]);
    assert.deepEqual((await store.load()).keys, [{ ...key, lastUsedAtMs: 70 }]);
  },

  "a batch that was written already changes nothing": async (store) => {
    const usage = [{ day: "2026-01-01", client: "a", feed: "f", type: "trade", messages: 1 }];
    const write = (run: string, number: number) =>
      store.count({ batch: { run, number, atMs: 1 }, usage, sessions: [], keysUsed: [] });
    for (const number of [1, 1, 2, 1, 2]) await write("r1", number);
    assert.equal((await store.usage({}))[0]?.messages, 2);
    // Each gateway counts its own; what is written without a number is always new.
    await write("r2", 1);
    await store.count({ usage, sessions: [], keysUsed: [] });
    assert.equal((await store.usage({}))[0]?.messages, 4);
    assert.equal(await store.prune({ sessionsMs: 0, usageDay: "2000-01-01" }), 0);
    await write("r1", 2);
    assert.equal((await store.usage({}))[0]?.messages, 4);
  },

  "of many who claim a session at once, as many get one as are free": async (store) => {
    await fillStore(store);
    const run = (id: string, seenAtMs: number) =>
      store.count({
        ...{ usage: [], sessions: [], keysUsed: [] },
        run: { id, seenAtMs, pid: 1, revision: 1 },
      });
    await run("r1", 100);
    await run("r2", 100);
    const lost = testSession("lost", { run: "r0" });
    const ended = testSession("ended", { endedAtMs: 5, reason: "" });
    const other = testSession("other", { client: "other" });
    await store.count({ usage: [], sessions: [lost, ended, other], keysUsed: [] });
    const claims = Array.from({ length: 20 }, (_, i) =>
      store.claimSession({
        session: testSession(`s${i}`, { run: i % 2 ? "r1" : "r2" }),
        ...{ limits: { sessionsMax: 3, devicesMax: null }, seenSinceMs: 50 },
      }));
    const got = await Promise.all(claims);
    assert.equal(got.filter((each) => each === undefined).length, 3);
    const open = await store.sessions({ limit: 99, client: "desk", openOnly: true });
    assert.equal(open.length, 4);
    const one = open.find(({ id }) => id !== "lost")!;
    await store.count({
      ...{ usage: [], keysUsed: [] },
      sessions: [{ ...one, endedAtMs: 9, reason: "" }],
    });
    const claim = (id: string) =>
      store.claimSession({
        session: testSession(id),
        ...{ limits: { sessionsMax: 3, devicesMax: null }, seenSinceMs: 50 },
      });
    assert.deepEqual([await claim("a"), await claim("b")], [undefined, "sessionsMax"]);
  },

  "a session of a further device is refused, of a known one not": async (store) => {
    await fillStore(store);
    await store.count({
      ...{ usage: [], sessions: [], keysUsed: [] },
      run: { id: "r1", seenAtMs: 100, pid: 1, revision: 1 },
    });
    const addresses = ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "2001:db8::2", "192.0.2.2"];
    const got = [];
    for (const address of addresses) {
      const session = testSession(address, { address });
      const limits = { sessionsMax: null, devicesMax: 2 };
      got.push(await store.claimSession({ session, limits, seenSinceMs: 50 }));
    }
    assert.deepEqual(got, [...Array(4).fill(undefined), "devicesMax"]);
  },

  "sessions come newest first, open ones alone on demand": async (store) => {
    const sessions = [
      testSession("s1", { startedAtMs: 1, endedAtMs: 5, reason: "closed" }),
      testSession("s2", { startedAtMs: 2 }),
      testSession("s3", { startedAtMs: 3, client: "other" }),
    ];
    await store.count({ usage: [], sessions, keysUsed: [] });
    const ids = async (query: Parameters<ClientStore["sessions"]>[0]) =>
      (await store.sessions(query)).map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 2 }), ["s3", "s2"]);
    assert.deepEqual(await ids({ limit: 9, client: "desk" }), ["s2", "s1"]);
    assert.deepEqual(await ids({ limit: 9, client: "desk", openOnly: true }), ["s2"]);
    const ended = { ...sessions[1]!, endedAtMs: 9, reason: "gone" };
    await store.count({ usage: [], sessions: [ended], keysUsed: [] });
    assert.deepEqual((await store.sessions({ limit: 9, client: "desk" }))[0], ended);
  },

  "sessions whose gateway went away end when it was last seen": async (store) => {
    const ids = ["old", "new", "unknown"];
    const sessions = ids.map((id, i) => testSession(id, { run: id, startedAtMs: i }));
    for (const [id, seenAtMs] of [["old", 10], ["new", 99]] as const) {
      await store.count({
        usage: [],
        sessions,
        keysUsed: [],
        run: { id, seenAtMs, pid: 7, revision: 3 },
      });
    }
    assert.equal(await store.endLostSessions(50), 2);
    const found = await store.sessions({ limit: 9 });
    const ends = new Map(found.map(({ id, endedAtMs, reason }) => [id, [endedAtMs, reason]]));
    assert.deepEqual(ends.get("old"), [10, LOST_SESSION_REASON]);
    assert.deepEqual(ends.get("unknown"), [2, LOST_SESSION_REASON]);
    assert.deepEqual(ends.get("new"), [null, null]);
    assert.deepEqual(await store.runs(), [{ id: "new", seenAtMs: 99, pid: 7, revision: 3 }]);
    assert.equal(await store.endLostSessions(50), 0);
  },

  "pruning removes what is old and over, nothing else": async (store) => {
    const usage = ["2026-01-01", "2026-01-02"].map((day) => ({
      ...{ day, client: "a", feed: "f", type: "trade", messages: 1 },
    }));
    const sessions = [testSession("open"), testSession("over", { endedAtMs: 10, reason: "" })];
    await store.count({ usage, sessions, keysUsed: [] });
    assert.equal(await store.prune({ sessionsMs: 50, usageDay: "2026-01-02" }), 2);
    assert.deepEqual((await store.sessions({ limit: 9 })).map(({ id }) => id), ["open"]);
    assert.deepEqual((await store.usage({})).map(({ day }) => day), ["2026-01-02"]);
  },

  "what it gave is nobody's but the caller's": async (store) => {
    await fillStore(store);
    const accounts = await store.load();
    accounts.clients[0]!.limits.sessionsMax = 77;
    assert.equal((await store.load()).clients[0]?.limits.sessionsMax, null);
  },

  "after close everything is refused, and close is harmless": async (store) => {
    await store.close();
    await store.close();
    await assert.rejects(store.load(), { code: "CLIENT_STORE_CLOSED" });
    await assert.rejects(store.apply(1, []), { code: "CLIENT_STORE_CLOSED" });
  },
};

async function fillStore(store: ClientStore): Promise<void> {
  await store.apply(await store.revision(), [
    { put: "client", client: testClient("desk") },
    { put: "key", key: testKey("k1", "desk") },
    { add: "entitlement", entitlement: testEntitlement("desk", "kraken") },
  ]);
}
