import assert from "node:assert/strict";
import { captureReportSubject } from "@ssmd/market/capture_report";
import { shardSubject } from "@ssmd/market";
import { loadEnvironment, recordCaptured } from "@ssmd/metadata";
import { withMembers } from "@ssmd/runtime";
import { memoryTransport, type Transport } from "@ssmd/transport";
import { withGateway } from "../testing/gateway_rig.ts";

const REGISTRY = new URL("../../exchanges/", import.meta.url);
const BTC = { feed: "kraken", external: "BTC/USD", tier: 1 };
const ETH = { feed: "kraken", external: "ETH/USD", tier: 2 };
const RAIN = {
  feed: "polymarket",
  external: "71321045679252212594626385532706912750332728571942532289631379312455583992563",
  tier: 2,
};

async function writeEnvironment(dir: string, symbols: Record<string, unknown>): Promise<void> {
  const file = {
    ...{ name: "test", feeds: ["kraken", "polymarket"], schema: "v1" },
    symbols: { ...symbols, RAIN },
    shards: { one: { selector: { tier: 1 } }, two: { selector: { tier: 2 } } },
    transport: { type: "nats", url: "nats://127.0.0.1:1" },
    storage: { type: "local", path: `${dir}/data` },
  };
  await Deno.writeTextFile(`${dir}/environments/test.yaml`, JSON.stringify(file));
}

async function copyRegistry(dir: string): Promise<void> {
  await Deno.mkdir(`${dir}/environments`);
  for (const folder of ["feeds", "schemas", "calendars", "qa"]) {
    await Deno.mkdir(`${dir}/${folder}`);
    for await (const { name } of Deno.readDir(new URL(folder, REGISTRY))) {
      await Deno.copyFile(new URL(`${folder}/${name}`, REGISTRY), `${dir}/${folder}/${name}`);
    }
  }
}

Deno.test("a feed's shards are those of the applied environment, without a restart", async () => {
  const registryDir = await Deno.makeTempDir({ prefix: "ssmd-environment-" });
  await copyRegistry(registryDir);
  await writeEnvironment(registryDir, { BTCUSD: BTC });
  const environment = await loadEnvironment(registryDir, "test");
  const transport: Transport = Object.assign(memoryTransport(), { shards: ["one", "two"] });
  for (const shard of ["one", "two"]) {
    const report = new TextEncoder().encode('{"nextTryMs":null,"awayCount":0,"away":[]}');
    const subject = shardSubject(captureReportSubject("test", "kraken"), shard);
    await transport.respond(subject, () => report);
  }
  await withGateway(
    async ({ gateway, get }) => {
      const shards = async () => {
        const [feed] = (await get("/v1/feeds")).body["feeds"] as { shards: { shard: string }[] }[];
        return feed?.shards.map(({ shard }) => shard);
      };
      assert.deepEqual(await shards(), ["one"]);
      await writeEnvironment(registryDir, { BTCUSD: BTC, ETHUSD: ETH });
      const answer = await fetch(`${gateway.url}/v1/admin/environment/apply`, { method: "POST" });
      assert.equal(answer.status, 200, await answer.text());
      const startedMs = performance.now();
      while ((await shards())?.length === 1) {
        assert.ok(performance.now() - startedMs < 180_000, "shard two is not listed");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.deepEqual(await shards(), ["one", "two"]);
    },
    false,
    { transport, environment, registryDir },
  );
  await Deno.remove(registryDir, { recursive: true });
});

Deno.test("what is added is told from what connectors capture, also by a gateway that started since", async () => {
  const registryDir = await Deno.makeTempDir({ prefix: "ssmd-environment-" });
  await copyRegistry(registryDir);
  const load = () => loadEnvironment(registryDir, "test");
  await writeEnvironment(registryDir, { BTCUSD: BTC });
  const before = await load();
  const transport = memoryTransport();
  const recordAs = (feed: string, shard: string, choice: typeof before) =>
    recordCaptured(transport, { feed, shard }, choice);
  for (const feed of ["kraken", "polymarket"]) {
    for (const shard of ["one", "two"]) await recordAs(feed, shard, before);
  }
  await writeEnvironment(registryDir, { BTCUSD: BTC, ETHUSD: ETH });
  const edited = await load();
  /** What a gateway with this environment of its start answers, request by request. */
  const added = async (environment: typeof before, ...queries: string[]) => {
    const answers: unknown[] = [];
    await withGateway(
      async ({ gateway, get }) => {
        for (const query of queries) {
          const drift = (await get("/v1/admin/environment")).body;
          const address = `${gateway.url}/v1/admin/environment/apply${query}`;
          const answer = await (await fetch(address, { method: "POST" })).json();
          assert.deepEqual(answer.added, drift["added"]);
          const isSame = drift["running_revision"] === drift["file_revision"];
          assert.equal(isSame, answer.added.length + answer.taken_off.length === 0);
          answers.push([...answer.added, ...answer.taken_off]);
        }
      },
      false,
      {
        transport: withMembers(transport, { close: () => Promise.resolve() }),
        environment,
        registryDir,
      },
    );
    return answers;
  };
  assert.deepEqual(await added(edited, "?dry_run=true", "", ""), [["ETHUSD"], ["ETHUSD"], []]);
  assert.deepEqual(await added(before, ""), [[]]);
  await writeEnvironment(registryDir, { BTCUSD: BTC });
  assert.deepEqual(await added(edited, "?dry_run=true"), [["ETHUSD"]]);
  // A connector that starts reads the file, for its own shard only.
  await recordAs("kraken", "one", await load());
  assert.deepEqual(await added(edited, "?dry_run=true"), [["ETHUSD"]]);
  await recordAs("kraken", "two", await load());
  assert.deepEqual(await added(edited, ""), [[]]);
  await transport.close();
  await Deno.remove(registryDir, { recursive: true });
});

Deno.test("who reads a market goes on reading it when it is changed, and is told that it was taken off", async () => {
  const registryDir = await Deno.makeTempDir({ prefix: "ssmd-environment-" });
  await copyRegistry(registryDir);
  await writeEnvironment(registryDir, { BTCUSD: BTC, ETHUSD: ETH });
  const environment = await loadEnvironment(registryDir, "test");
  const transport = memoryTransport();
  await recordCaptured(transport, { feed: "kraken", shard: "one" }, environment);
  await recordCaptured(transport, { feed: "kraken", shard: "two" }, environment);
  const markets = [{ symbol: "BTCUSD", ...BTC }, { symbol: "ETHUSD", ...ETH }];
  await withGateway(
    async ({ gateway, connector, client, get }) => {
      const apply = async (symbols: Record<string, unknown>) => {
        await writeEnvironment(registryDir, symbols);
        const address = `${gateway.url}/v1/admin/environment/apply`;
        const answer = await fetch(address, { method: "POST" });
        assert.equal(answer.status, 200, await answer.text());
      };
      // By their names: a pattern takes every new market anyhow.
      const reader = await client("?symbols=BTCUSD,ETHUSD&types=trade,orderbook");
      await reader.next("subscribed");
      for (const symbol of ["BTCUSD", "ETHUSD"]) connector.snapshot(symbol);
      await apply({ BTCUSD: { ...BTC, depth: 100 }, ETHUSD: ETH });
      connector.trade("BTCUSD", 101);
      await reader.next("trade", ({ price }) => price === 101);
      await apply({ BTCUSD: { ...BTC, depth: 100 } });
      const begun = await reader.next("gap", ({ symbol }) => symbol === "ETHUSD");
      assert.deepEqual([begun["reason"], begun["to"]], ["planned", null]);
      const { body } = await get("/v1/markets/ETHUSD");
      assert.deepEqual([body["book"], (body["gap"] as { reason: string }).reason], [
        "pending",
        "planned",
      ]);
      await apply({ BTCUSD: { ...BTC, depth: 100 }, ETHUSD: ETH });
      const ended = await reader.next(
        "gap",
        ({ symbol, to }) => symbol === "ETHUSD" && to !== null,
      );
      assert.deepEqual([ended["from"], ended["recovered"]], [begun["from"], false]);
      connector.trade("ETHUSD", 102);
      await reader.next("trade", ({ price }) => price === 102);
      const { gaps } = (await get("/v1/gaps?symbol=ETHUSD")).body as { gaps: { to: unknown }[] };
      assert.deepEqual(gaps.map(({ to }) => to), [ended["to"]]);
    },
    true,
    { transport, environment, registryDir, markets },
  );
  await Deno.remove(registryDir, { recursive: true });
});
