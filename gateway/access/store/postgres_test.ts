import assert from "node:assert/strict";
import {
  type PostgresServer,
  postgresServerAvailable,
  startPostgresServer,
} from "../../../tests/servers/postgres_server.ts";
import { clientStoreContract } from "../testing/client_store_contract.ts";
import { testClient } from "../testing/accounts.ts";
import { postgresClientStore } from "./postgres.ts";

const ignore = !postgresServerAvailable();
const shared: { server?: Promise<PostgresServer>; schemas: number } = { schemas: 0 };

async function open(schema = `clients_${++shared.schemas}`) {
  const { url, user } = await (shared.server ??= startPostgresServer());
  return await postgresClientStore({ url, schema, credentials: { user } });
}

Deno.test.afterAll(async () => await (await shared.server)?.[Symbol.asyncDispose]());

if (!ignore) clientStoreContract("postgres", open);

Deno.test({
  name: "postgres: two gateways see what the other changed, and of two changes one is refused",
  ignore,
  fn: async () => {
    const [one, two] = [await open("both"), await open("both")];
    const from = await two.revision();
    const results = await Promise.allSettled(
      [one, two].map((store, i) =>
        store.apply(from, [{ put: "client", client: testClient(`c${i}`) }])
      ),
    );
    const refused = results.filter((each) => each.status === "rejected");
    assert.deepEqual(refused.map(({ reason }) => reason.code), ["CLIENT_STORE_CHANGED"]);
    assert.equal((await one.load()).clients.length, 1);
    assert.deepEqual(await one.load(), await two.load());
    await Promise.all([one.close(), two.close()]);
  },
});

Deno.test({
  name: "postgres: gateways that count the same clients at once lose and double nothing",
  ignore,
  fn: async () => {
    const stores = [await open("counts"), await open("counts")];
    const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
    const usage = names.map((client) => ({
      ...{ day: "2026-01-01", client, feed: "f", type: "trade", messages: 1 },
    }));
    const rounds = Array.from({ length: 10 }, (_, number) => number + 1);
    await Promise.all(stores.map(async (store, i) => {
      for (const number of rounds) {
        const batch = { run: `r${i}`, number, atMs: 1 };
        const given = i ? usage : usage.toReversed();
        await store.count({ batch, usage: given, sessions: [], keysUsed: [] });
      }
    }));
    const counted = await stores[0]!.usage({});
    assert.deepEqual(new Set(counted.map(({ messages }) => messages)), new Set([20]));
    assert.equal(counted.length, names.length);
    await Promise.all(stores.map((store) => store.close()));
  },
});

Deno.test({
  name: "postgres: while it is away each call is told so, and a wrong address names no password",
  ignore,
  fn: async () => {
    await using server = await startPostgresServer();
    const at = { url: server.url, schema: "s", credentials: { user: server.user } };
    const store = await postgresClientStore(at);
    await server.kill();
    const away = { code: "CLIENT_STORE_AWAY", retryable: true };
    await assert.rejects(store.load(), away);
    await assert.rejects(store.apply(1, []), away);
    await assert.rejects(postgresClientStore(at), away);
    await server.start();
    const deadlineMs = Date.now() + 60_000;
    while (await store.revision().catch(() => 0) !== 1) assert.ok(Date.now() < deadlineMs);
    await store.close();
    await assert.rejects(postgresClientStore({ ...at, url: `${server.url}_none` }), {
      code: "CLIENT_STORE_FAILED",
    });
  },
});
