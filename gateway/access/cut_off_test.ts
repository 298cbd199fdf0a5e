import assert from "node:assert/strict";
import type { ClientAccount } from "./account.ts";
import { ClientAdmin } from "./client_admin.ts";
import type { ClientStore } from "./client_store.ts";
import { confirmations, type Cut, planCut } from "./cut_off.ts";
import { memoryClientStore } from "./store/sqlite.ts";
import { sqliteClientStore } from "./store/sqlite.ts";
import { callerWith, withApiKeys } from "./testing/api_key_rig.ts";
import { type GuardedGateway, withGuardedGateway } from "./testing/guarded_gateway.ts";
import { GuardedStream } from "./testing/guarded_stream.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import { testClient, testEntitlement, testKey } from "./testing/accounts.ts";

const EMERGENCY: Cut = { enabled: false, streams: true, keys: true, entitlements: true };

function cut(store: ClientStore, what: Cut): Promise<void> {
  return new ClientAdmin(store).change((accounts) => planCut(accounts, "desk", what).changes);
}

async function keyOf(store: ClientStore, id: string): Promise<string> {
  const admin = new ClientAdmin(store);
  const limits: ClientAccount["limits"] = {
    ...{ sessionsMax: null, devicesMax: null, requestsPerSecondMax: null, messagesPerDayMax: null },
  };
  await admin.create(id, { description: "", role: "client", limits });
  await admin.entitle(id, { feed: "kraken", symbols: "*", types: "*", expiresAtMs: null });
  return (await admin.addKey(id, { expiresAtMs: null })).text;
}

/** Two gateways that share one file of clients, and look at it by themselves. */
async function withTwo(
  path: string,
  body: (rigs: readonly [GuardedGateway, GuardedGateway]) => Promise<void>,
): Promise<void> {
  const access = () => ({
    store: sqliteClientStore(path),
    every: (ms: number, tick: () => void) => {
      const timer = setInterval(tick, ms);
      return () => clearInterval(timer);
    },
  });
  await withGuardedGateway(
    (one) => withGuardedGateway((two) => body([one, two]), { access: access() }),
    { access: access() },
  );
}

async function subscribed(rig: GuardedGateway, key: string): Promise<GuardedStream> {
  const stream = await GuardedStream.open(rig.gateway.url, key);
  stream.send({ action: "subscribe", symbols: ["BTCUSD"], types: ["trade"] });
  await stream.settle();
  return stream;
}

function publish({ kraken }: GuardedGateway, tradeId: string): void {
  kraken.publish({ type: "trade", symbol: "BTCUSD", price: 1, size: 1, side: "buy", tradeId });
}

const isTrade = (id: string) => (message: Record<string, unknown>) =>
  JSON.stringify(message).includes(`"${id}"`);

Deno.test("an emergency revoke: once it is confirmed, no gateway sends the client anything", async () => {
  const dir = await Deno.makeTempDir();
  const store = sqliteClientStore(`${dir}/clients.sqlite`);
  try {
    const [desk, fund] = [await keyOf(store, "desk"), await keyOf(store, "fund")];
    await withTwo(`${dir}/clients.sqlite`, async (rigs) => {
      const cutOff = await Promise.all(rigs.map((rig) => subscribed(rig, desk)));
      const others = await Promise.all(rigs.map((rig) => subscribed(rig, fund)));
      const publishing = setInterval(() => rigs.forEach((rig) => publish(rig, "before")), 2);
      try {
        await Promise.all([...cutOff, ...others].map((each) => each.next("trade")));
        await cut(store, EMERGENCY);
        const confirmed = await confirmations(store, 300_000);
        assert.deepEqual(confirmed.map((each) => each.confirmed), [true, true]);
        for (const rig of rigs) publish(rig, "after");
        await Promise.all(others.map((each) => each.next("trade", isTrade("after"))));
      } finally {
        clearInterval(publishing);
      }
      for (const stream of cutOff) {
        const closed = await stream.closed;
        assert.equal(closed, 4401);
        assert.equal(stream.messages.some(isTrade("after")), false);
        assert.equal(stream.messages.at(-1)?.["code"], "key_revoked");
      }
      for (const rig of rigs) {
        const headers = { authorization: `Bearer ${desk}` };
        const answer = await fetch(`${rig.gateway.url}/v1/markets`, { headers });
        assert.equal(answer.status, 401);
        assert.equal((await answer.json()).code, "KEY_REVOKED");
      }
      await Promise.all(others.map((each) => each.close()));
    });
    // Both said that they stopped: nobody waits for them.
    assert.deepEqual(await confirmations(store, 0), []);
  } finally {
    await store.close();
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a gateway that does not say that a change holds is told apart", async () => {
  const store = memoryClientStore();
  await store.apply(1, [{ put: "client", client: testClient("desk") }]);
  const runs = [
    { id: "good", pid: 1, seenAtMs: Date.now(), revision: 3 },
    { id: "stuck", pid: 2, seenAtMs: Date.now(), revision: 2 },
    { id: "lost", pid: 3, seenAtMs: Date.now() - ACCESS_LIMITS.runLostMs - 1, revision: 1 },
  ];
  for (const run of runs) await store.count({ usage: [], sessions: [], keysUsed: [], run });
  await cut(store, EMERGENCY);
  const found = await confirmations(store, 50);
  assert.deepEqual(found.map(({ run, confirmed }) => [run.id, confirmed]), [
    ["good", true],
    ["stuck", false],
  ]);
});

Deno.test("streams are ended and may come again; what is not named stays", () =>
  withApiKeys(async ({ key, openSession, store, advance, outcomeOf }) => {
    const { text } = await key("desk");
    const session = await openSession(text);
    await cut(store, { streams: true });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(session.denied?.code, "DISCONNECTED");
    assert.equal(await outcomeOf(callerWith(text)), "desk");
    const [before] = (await store.load()).clients;
    assert.equal(before?.enabled, true);
  }, { disconnectedAtMs: 1 }));

Deno.test("each part of a cut takes what it names, of that client only", async () => {
  const store = memoryClientStore();
  await store.apply(1, [
    ...["desk", "fund"].map((id) => ({ put: "client", client: testClient(id) }) as const),
    { put: "key", key: testKey("k1", "desk") },
    { put: "key", key: testKey("old", "desk", { revokedAtMs: 5 }) },
    { put: "key", key: testKey("k2", "fund") },
    ...["desk", "fund"].map((id) =>
      ({ add: "entitlement", entitlement: testEntitlement(id, "kraken") }) as const
    ),
  ]);
  const accounts = await store.load();
  const planned = (what: Cut) => planCut(accounts, "desk", what).taken;
  assert.deepEqual(planned({ keys: true }), { keys: 1, entitlements: 0, enabled: true });
  assert.deepEqual(planned({ entitlements: true }), { keys: 0, entitlements: 1, enabled: true });
  assert.deepEqual(planned({ enabled: false }), { keys: 0, entitlements: 0, enabled: false });
  await cut(store, EMERGENCY);
  const { clients, keys, entitlements } = await store.load();
  assert.deepEqual(clients.map(({ id, enabled }) => [id, enabled]), [["desk", false], [
    "fund",
    true,
  ]]);
  assert.deepEqual(
    keys.map(({ id, revokedAtMs }) => [id, revokedAtMs === null]),
    [["k1", false], ["k2", true], ["old", false]],
  );
  assert.deepEqual(entitlements.map(({ client }) => client), ["fund"]);
});

Deno.test("a blocked address is refused with every key, its streams end, and others are not", () =>
  withApiKeys(async ({ key, openSession, change, advance, outcomeOf, clock }) => {
    const { text } = await key("desk");
    const session = await openSession(text);
    const [{ address }, elsewhere] = [callerWith(text), callerWith(text, { address: "192.0.2.9" })];
    const block = { address, reason: "", createdAtMs: clock.ms, untilMs: clock.ms + 60_000 };
    await change({ put: "block", block });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(session.denied?.code, "ADDRESS_REFUSED");
    assert.equal(await outcomeOf(text), "ADDRESS_REFUSED");
    assert.equal(await outcomeOf("", "public"), "ADDRESS_REFUSED");
    assert.equal(await outcomeOf({ isProbe: true }, "public"), "public");
    assert.equal(await outcomeOf(elsewhere), "desk");
    clock.ms += 60_000;
    assert.equal(await outcomeOf(text), "desk");
    await change({ put: "block", block: { ...block, untilMs: null } });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(await outcomeOf(text), "ADDRESS_REFUSED");
    await change({ delete: "block", id: address });
    await advance(ACCESS_LIMITS.pollMs);
    assert.equal(await outcomeOf(text), "desk");
  }));
