import assert from "node:assert/strict";
import { openTransport } from "@ssmd/transport";
import { GuardedStream } from "@ssmd/gateway/testing/guarded_stream";
import { FakeConnector } from "@ssmd/gateway/testing/fake_connector";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { postgresServerAvailable, startPostgresServer } from "../servers/postgres_server.ts";
import { Folder, Running, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ENV = "shared";
const TRIES_MAX = 6;

/** Lets the gateways of the environment keep their clients in a PostgreSQL. */
async function useDatabase(folder: string, url: string): Promise<void> {
  const path = `${folder}/exchanges/environments/${ENV}.yaml`;
  const environment = JSON.parse(await Deno.readTextFile(path));
  const clients = { type: "postgres", url, credentials: { user: "$key:db.user" } };
  environment.keys = {
    ...environment.keys,
    db: { type: "database", fields: ["user"], source: "env" },
  };
  environment.gateway = { port: 8080, ...environment.gateway, auth: "required", clients };
  await Deno.writeTextFile(path, JSON.stringify(environment));
}

Deno.test({
  name: "an emergency revoke ends the streams at two gateways within a second, and is one event",
  ignore: !natsServerAvailable() || !postgresServerAvailable(),
  fn: async () => {
    await using folder = new Folder();
    await using database = await startPostgresServer();
    await using stack = new AsyncDisposableStack();
    const nats = await startNatsServer();
    stack.defer(() => nats.stop());
    const feeds = { kraken: { symbols: { BTCUSD: "BTC/USD" } } };
    await writeRegistry(folder.path, { name: ENV, feeds, natsUrl: nats.url });
    await useDatabase(folder.path, database.url);
    const options = { cwd: folder.path, env: { SSMD_KEY_DB_USER: database.user } };
    const ssmd = async (...args: string[]) => {
      const { code, output } = await runSsmd([...args, "--env", ENV], options);
      assert.equal(code, 0, output);
      return output;
    };
    const transport = await openTransport({ type: "nats", url: [nats.url] }, { env: ENV });
    stack.defer(() => transport.close());
    const connector = new FakeConnector(ENV, "kraken", transport);
    await connector.answer();
    stack.defer(() => connector.close());
    const gateways = [1, 2].map(() =>
      stack.use(new Running(["--env", ENV, "--port", "0"], { ...options, service: "gateway" }))
    );
    const urls = await Promise.all(
      gateways.map(async (gateway) => String((await gateway.line("gateway listens"))["url"])),
    );
    let trades = 0;
    const publishing = setInterval(() => {
      const trade = { type: "trade", symbol: "BTCUSD", side: "buy", price: 1, size: 1 } as const;
      connector.publish({ ...trade, tradeId: `t${++trades}` });
    }, 5);
    stack.defer(() => clearInterval(publishing));
    // On a machine that does something else the best of some tries tells.
    let tookMs = Infinity;
    let tries = 0;
    while (tookMs > 1000 && tries++ < TRIES_MAX) {
      const id = `desk-${tries}`;
      await ssmd("client", "create", id);
      await ssmd("client", "entitle", id, "--feed", "kraken");
      const key = /ssmd_\w{10}_\w{43}/.exec(await ssmd("client", "api-key", "create", id))?.[0];
      const streams = await Promise.all(urls.map((url) => opened(url, key ?? "")));
      const json = await ssmd("client", "emergency-revoke", id, "--yes", "--output", "json");
      const view = JSON.parse(/^\{$[\s\S]*^\}$/m.exec(json)?.[0] ?? "{}");
      assert.deepEqual([view.streams, view.confirmed, view.gateways.length], [2, true, 2]);
      for (const stream of streams) assert.equal(await stream.closed, 4401);
      tookMs = Math.min(tookMs, view.took_ms);
    }
    assert.ok(tookMs <= 1000, `${tookMs} ms`);
    const list = await ssmd("audit", "list", "--action", "client emergency-revoke");
    assert.equal(list.match(/client emergency-revoke +desk-\d+ +done/g)?.length, tries);
    for (const gateway of gateways) assert.equal((await gateway.stop("SIGTERM")).code, 0);
  },
});

/** A stream that gets trades; the gateway hears of a new key within some time. */
async function opened(url: string, key: string): Promise<GuardedStream> {
  for (;;) {
    try {
      const stream = await GuardedStream.open(url, key);
      stream.send({ action: "subscribe", symbols: ["BTCUSD"], types: ["trade"] });
      await stream.next("trade");
      return stream;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
