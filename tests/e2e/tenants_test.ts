import assert from "node:assert/strict";
import { type Archiver, createArchiver } from "@ssmd/archiver";
import { AuditQueue } from "@ssmd/audit";
import { openJobs } from "@ssmd/jobs";
import { agentsSubject, signalsSubject, transformsSubject } from "@ssmd/market";
import {
  auditLocation,
  clientStoreConfig,
  type Environment,
  INSTRUMENT_STORE,
  SYMBOLS_STORE,
} from "@ssmd/metadata";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { openStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import { connectNats, managerOf } from "@ssmd/transport/nats_connect";
import { ClientAdmin, type ClientStore, openClientStore } from "@ssmd/gateway/access";
import { environmentAuthenticator, type Gateway, startGateway } from "@ssmd/gateway";
import { FakeConnector } from "@ssmd/gateway/testing/fake_connector";
import { GuardedStream } from "@ssmd/gateway/testing/guarded_stream";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { postgresServerAvailable, startPostgresServer } from "../servers/postgres_server.ts";
import { s3ServerAvailable, startS3Server } from "../servers/s3_server.ts";

const ignore = !natsServerAvailable() || !postgresServerAvailable() || !s3ServerAvailable();
/** In everything of one environment, and in nothing of the other. */
const MARKS = { red: "QZRED", blue: "QZBLUE" } as const;
type Name = keyof typeof MARKS;
const BUCKET = "shared";

interface Tenant {
  name: Name;
  gateway: Gateway;
  metrics: Metrics;
  transport: Transport;
  storage: Storage;
  store: ClientStore;
  /** The text of a key of an administrator. */
  key: string;
  connector: FakeConnector;
  /** Requests that came to its signals, agents and transforms, each of which answers with its mark. */
  asked: Record<string, number>;
}

/** What both have in common: one of each. */
interface Shared {
  natsUrl: string;
  databaseUrl: string;
  s3: { endpoint: string; region: string; credentials: Record<string, string> };
  dataDir: string;
  /** Runs SQL as the superuser of the database. */
  query(sql: string): Promise<void>;
}

function environmentOf(name: Name, { natsUrl, databaseUrl }: Shared): Environment {
  const key = { type: "database", fields: ["user"], required: true, source: "env" } as const;
  return {
    ...{ name, feeds: ["kraken"], schema: "v1", symbols: {}, signals: {} },
    keys: { [name]: { ...key, fields: ["user"] } },
    transport: { type: "nats", url: natsUrl },
    ...{ storage: { type: "memory" }, cache: { type: "memory" }, journal: { type: "memory" } },
    gateway: {
      ...{ port: 1, auth: "required" },
      clients: {
        ...{ type: "postgres", url: databaseUrl },
        credentials: { user: `$key:${name}.user` },
      },
    },
  };
}

async function openTenant(
  name: Name,
  shared: Shared,
  stack: AsyncDisposableStack,
): Promise<Tenant> {
  const mark = MARKS[name];
  const environment = environmentOf(name, shared);
  const { dataDir } = shared;
  const store = await openClientStore(await clientStoreConfig(environment, { dataDir }));
  stack.defer(() => store.close());
  const admin = new ClientAdmin(store);
  const limits = {
    sessionsMax: 5,
    devicesMax: null,
    requestsPerSecondMax: null,
    messagesPerDayMax: 1_000_000,
  };
  const id = `desk-${mark.toLowerCase()}`;
  await admin.create(id, { description: mark, role: "admin", limits });
  await admin.entitle(id, { feed: "*", symbols: "*", types: "*", expiresAtMs: null });
  const { text: key } = await admin.addKey(id, { expiresAtMs: null });
  const transport = await openTransport({ type: "nats", url: [shared.natsUrl] }, { env: name });
  stack.defer(() => transport.close());
  const storage = await openStorage({
    ...{ type: "s3", ...shared.s3, buckets: { raw: BUCKET, normalized: BUCKET } },
  });
  stack.defer(() => storage.close());
  const connector = new FakeConnector(name, "kraken", transport);
  stack.defer(() => connector.close());
  await connector.answer();
  const asked: Record<string, number> = {};
  for (const subject of [signalsSubject(name), agentsSubject(name), transformsSubject(name)]) {
    asked[subject] = 0;
    await transport.respond(subject, () => {
      asked[subject] = (asked[subject] ?? 0) + 1;
      return new TextEncoder().encode(JSON.stringify({ ok: false, code: mark, message: mark }));
    });
  }
  for (const kept of [INSTRUMENT_STORE, SYMBOLS_STORE]) {
    await (await transport.keyValue(kept)).put(`of/${mark}`, new TextEncoder().encode(mark));
  }
  const jobs = stack.use(await openJobs(dataDir, name));
  await jobs.enqueue({ id: `verify/${mark}`, workflow: "verify", input: {}, nowUs: nowUs() });
  const archiver = archiverOf(name, transport, storage);
  await archiver.start();
  const options = { host: "127.0.0.1", dataDir, registryDir: dataDir, logger: silentLogger };
  const authenticator = await environmentAuthenticator(environment, options);
  stack.defer(() => authenticator.close());
  const audit = stack.use(
    await AuditQueue.open(auditLocation(environment, { dataDir }), silentLogger),
  );
  const metrics = new Metrics("gateway");
  const gateway = await startGateway({
    ...{ env: name, transport, storage, authenticator, audit, metrics, logger: silentLogger },
    ...{ host: "127.0.0.1", port: 0, version: "0.0.0", feeds: ["kraken"], dataDir, environment },
    markets: [{ symbol: mark, feed: "kraken", external: `${mark}/USD` }],
  });
  stack.defer(() => gateway.close());
  for (let i = 0; i < 20; i++) {
    const trade = { type: "trade", side: "buy", price: 1 + i, size: 1 } as const;
    connector.publish({ ...trade, symbol: mark, tradeId: `${mark}-${i}` });
  }
  await connector.flush();
  await archiver.close();
  publishFire(connector, mark);
  return { name, gateway, metrics, transport, storage, store, key, connector, asked };
}

function publishFire(connector: FakeConnector, mark: string): void {
  connector.publish({
    ...{ type: "fire", symbol: mark, id: "0".repeat(32), signal: mark.toLowerCase(), version: 1 },
    ...{ sourceHash: "0".repeat(64), paramsHash: "0".repeat(64), causeSequence: 0 },
    ...{ causeReceivedAtUs: 0, values: "{}", engine: "test" },
  });
}

/** What every MCP tool is asked, of a market or signal of this name. */
function toolCalls(mark: string): (readonly [string, string, unknown])[] {
  const call = (method: string, params: unknown) =>
    ["POST", "/mcp", { jsonrpc: "2.0", id: 1, method, params }] as const;
  const [symbol, id] = [{ symbol: mark }, { id: mark.toLowerCase() }];
  const tools: Record<string, unknown> = {
    ...{ list_markets: {}, get_market: symbol, get_trades: symbol, get_orderbook: symbol },
    ...{ query_historical: { ...symbol, type: "trade" }, data_inventory: {}, system_status: {} },
    ...{ list_signals: {}, get_signal_history: id, test_signal: id },
    create_signal: { description: "when it rains" },
  };
  return [
    ...Object.entries(tools).map(([name, args]) => call("tools/call", { name, arguments: args })),
    ...["feeds", "status", `instruments/${mark}`, `signals/${mark.toLowerCase()}/fires`]
      .map((path) => call("resources/read", { uri: `ssmd://${path}` })),
    call("resources/list", {}),
  ];
}

function archiverOf(env: Name, transport: Transport, storage: Storage): Archiver {
  return createArchiver({
    ...{ env, transport, storage, feeds: ["kraken"], logger: silentLogger },
    ...{ version: "0.0.0", commit: "" },
  });
}

async function withTenants(
  body: (tenants: readonly Tenant[], shared: Shared) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await startPostgresServer());
  const nats = await startNatsServer();
  stack.defer(() => nats.stop());
  const { stop, endpoint, region, credentials } = await startS3Server({ buckets: [BUCKET] });
  stack.defer(stop);
  const dataDir = await Deno.makeTempDir({ prefix: "ssmd-tenants-" });
  stack.defer(() => Deno.remove(dataDir, { recursive: true }));
  await database.query(
    Object.keys(MARKS).map((name) =>
      `CREATE ROLE ${name} LOGIN; CREATE SCHEMA ssmd_${name} AUTHORIZATION ${name};`
    ).join(" "),
  );
  for (const name of Object.keys(MARKS)) {
    const variable = `SSMD_KEY_${name.toUpperCase()}_USER`;
    Deno.env.set(variable, name);
    stack.defer(() => Deno.env.delete(variable));
  }
  const s3 = { endpoint, region, credentials };
  const { url: databaseUrl, query } = database;
  const shared = { natsUrl: nats.url, databaseUrl, s3, dataDir, query };
  const tenants = [
    await openTenant("red", shared, stack),
    await openTenant("blue", shared, stack),
  ];
  await body(tenants, shared);
}

async function ask(
  { gateway: { url } }: Tenant,
  [method, path, body]: readonly [string, string, unknown?],
  key: string,
): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url + path, { method, headers, ...content });
  return { status: response.status, text: await response.text() };
}

/** Whatever may be asked of a gateway, also by names of the other one. */
async function questions(
  { gateway }: Tenant,
  mark: string,
): Promise<(readonly [string, string, unknown?])[]> {
  const sql = `SELECT * FROM trades WHERE symbol LIKE '%QZ%'`;
  const fill = (path: string) =>
    path.replace(/\{(\w+)\}/g, (_, name) => name === "symbol" ? mark : "1");
  return [
    ...(await gateway.routes()).filter(({ method, id }) => method === "GET" && id !== "streamLogs")
      .map(({ path }) => ["GET", fill(path)] as const),
    ["POST", "/v1/admin/sql", { sql }],
    ...["list_markets", "list_feeds", "status"].map((name) =>
      ["POST", `/v1/tools/${name}`, {}] as const
    ),
    ...toolCalls(mark),
    ["GET", `/v1/markets/${mark}/trades?transform=desk_csv`],
    ["GET", "/v1/markets?limit=1000"],
    ["GET", "/v1/audit/events?limit=1000"],
    ["GET", "/metrics"],
  ];
}

const other = (name: Name): string => MARKS[name === "red" ? "blue" : "red"];

Deno.test("tenants: two environments on one bus, bucket and database", { ignore }, async (test) => {
  await withTenants(async (tenants, shared) => {
    const pairs = tenants.map((tenant, i) => ({ tenant, stranger: tenants[1 - i]! }));

    await test.step("REST, MCP, SQL, audit and metrics tell nothing of the other", async () => {
      for (const { tenant, stranger } of pairs) {
        const foreign = new RegExp(`${other(tenant.name)}|\\b${stranger.name}\\b`, "i");
        let own = 0;
        const askedBefore = { ...stranger.asked };
        for (const mark of Object.values(MARKS)) {
          for (const question of await questions(tenant, mark)) {
            const { text } = await ask(tenant, question, tenant.key);
            if (text.includes(MARKS[tenant.name])) own++;
            // A name that was asked for may be repeated.
            const unasked = mark === MARKS[tenant.name] ? text : text.replaceAll(mark, "");
            assert.ok(!foreign.test(unasked), `${question.join(" ")} tells of ${stranger.name}`);
          }
        }
        assert.ok(own >= 12, `${own} answers with what is its own`);
        assert.deepEqual(stranger.asked, askedBefore);
        for (const [subject, times] of Object.entries(tenant.asked)) assert.ok(times > 0, subject);
        const sql = { sql: "SELECT trade_id FROM trades" };
        const { text } = await ask(tenant, ["POST", "/v1/admin/sql", sql], tenant.key);
        assert.ok(text.includes(`${MARKS[tenant.name]}-7`), text);
      }
    });

    await test.step("a key of one is unknown to the other, in REST, SQL, MCP and streams", async () => {
      for (const { tenant, stranger } of pairs) {
        const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
        // No more: bad keys are answered more and more slowly.
        for (
          const question of [
            ["GET", "/v1/markets"],
            ["POST", "/v1/admin/sql", { sql: "SELECT 1" }],
            ["POST", "/mcp", list],
          ] as const
        ) {
          const { status } = await ask(tenant, question, stranger.key);
          assert.equal(status, 401, question.join(" "));
        }
        await assert.rejects(GuardedStream.open(tenant.gateway.url, stranger.key));
      }
    });

    await test.step("a stream of everything has records of its own alone", async () => {
      const streams = await Promise.all(tenants.map(async ({ gateway, key }) => {
        const stream = await GuardedStream.open(gateway.url, key);
        stream.send({ action: "subscribe", symbols: ["*"], types: ["trade", "fire"] });
        await stream.settle();
        return stream;
      }));
      for (const { tenant: { name, connector } } of pairs) {
        const trade = { type: "trade", side: "buy", price: 9, size: 1 } as const;
        publishFire(connector, MARKS[name]);
        connector.publish({ ...trade, symbol: MARKS[name], tradeId: `${MARKS[name]}-live` });
      }
      for (const [i, { tenant }] of pairs.entries()) {
        const stream = streams[i]!;
        await stream.next("trade", (each) => JSON.stringify(each).includes("-live"));
        await stream.next("fire");
        await stream.settle();
        assert.ok(!JSON.stringify(stream.messages).includes(other(tenant.name)));
        await stream.close();
      }
    });

    await test.step("each subject of a stream and each key of storage is of one environment", async () => {
      const connection = await connectNats({ servers: [shared.natsUrl] }, "test", false);
      const streams = await (await managerOf(connection)).streams.list().next();
      await connection.close();
      const subjects = streams.flatMap(({ config }) => config.subjects ?? []);
      for (const name of Object.keys(MARKS)) {
        assert.ok(subjects.some((subject) => subject.startsWith(`${name}.`)), subjects.join());
      }
      for (const subject of subjects) {
        const named = subject.split(/[.-]/).filter((part) => part in MARKS);
        assert.equal(named.length, 1, subject);
      }
      for (const { tenant: { storage, name } } of pairs) {
        const keys = (await Array.fromAsync(storage.list(""))).map(({ key }) => key);
        const own = keys.filter((key) => key.split("/")[1] === name);
        assert.ok(own.length > 0 && keys.every((key) => /^\w+\/(red|blue)\//.test(key)));
        for (const key of own) {
          const text = new TextDecoder("latin1").decode(await storage.get(key));
          assert.ok(!text.includes(other(name)), key);
        }
      }
    });

    await test.step("jobs and key-value stores of one are in none of the other", async () => {
      for (const { tenant: { name, transport } } of pairs) {
        using jobs = await openJobs(shared.dataDir, name);
        const found = [JSON.stringify(jobs.list())];
        for (const kept of [INSTRUMENT_STORE, SYMBOLS_STORE]) {
          const entries = await (await transport.keyValue(kept)).entries();
          found.push(entries.map(({ key }) => key).join());
        }
        for (const text of found) {
          assert.ok(text.includes(MARKS[name]) && !text.includes(other(name)), text);
        }
      }
    });

    await test.step("clients, usage and sessions of one are in no answer of the other's store", async () => {
      for (const { tenant: { store, name } } of pairs) {
        const all = JSON.stringify([
          ...[await store.load(), await store.usage({}), await store.sessions({ limit: 1000 })],
          ...[await store.entitlementHistory(), (await store.runs()).length],
        ]);
        assert.ok(all.includes(MARKS[name]) && !all.includes(other(name)));
        assert.ok(!all.includes(other(name).toLowerCase()));
      }
    });

    await test.step("the role of one may not read the schema of the other in the database", async () => {
      for (const { tenant: { name }, stranger } of pairs) {
        for (const table of ["clients", "api_keys", "usage", "sessions"]) {
          const sql = `SELECT count(*) FROM ssmd_${stranger.name}.${table}`;
          await shared.query(`SET ROLE ${stranger.name}; ${sql}`);
          await assert.rejects(shared.query(`SET ROLE ${name}; ${sql}`), /permission denied/);
        }
      }
    });
  });
});
