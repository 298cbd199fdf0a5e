import assert from "node:assert/strict";
import { createArchiver } from "@ssmd/archiver";
import { dayOfUs, loadManifest, readArchive } from "@ssmd/archive";
import { type Connector, createConnector } from "@ssmd/connector";
import { runQa } from "@ssmd/dataset/qa";
import { reprocess } from "@ssmd/dataset/reprocess";
import { verifyArchive } from "@ssmd/dataset/verify";
import { venueNamed } from "@ssmd/exchanges";
import type { MarketEvent } from "@ssmd/market";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { demoKey, startSimulator } from "@ssmd/simulator";
import { openStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import { CutLine } from "../servers/cut_line.ts";
import { type NatsServer, natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { eventually } from "./_process.ts";

const ENV = "pair";
/** All share one process: a lease must outlive the time in which it gets no turn. */
const TAKEOVER_MS = 5_000;
const SOFTWARE = { version: "0.1.0", commit: "test" };
const SYMBOLS = {
  kraken: [
    { symbol: "BTCUSD", external: "BTC/USD", depth: 10 },
    { symbol: "ETHUSD", external: "ETH/USD", depth: 10 },
  ],
  kalshi: ["KXSIMBTC-26DEC31-T99999.99", "KXSIMRAIN-26DEC31-NYC"]
    .map((symbol) => ({ symbol, external: symbol })),
} as const;

/** A connector with a way to the bus that can be cut. */
class Side implements AsyncDisposable {
  #ended: Promise<void> | undefined;

  private constructor(
    readonly connector: Connector,
    readonly line: CutLine,
    private readonly transport: Transport,
  ) {}

  static async start(rig: PairRig, spoolDir: string): Promise<Side> {
    const { feed, endpoint, server, storage } = rig;
    const line = new CutLine(server.port);
    const url = `nats://127.0.0.1:${line.port}`;
    const transport = await openTransport({ type: "nats", url }, { env: ENV });
    const { keyId, privateKeyPem } = await demoKey();
    const connector = createConnector({
      ...{ env: ENV, feed, venue: venueNamed(feed), transport, storage, spoolDir, endpoint },
      symbols: SYMBOLS[feed],
      credentials: () => Promise.resolve({ key_id: keyId, private_key: privateKeyPem }),
      ...{ logger: silentLogger, metrics: new Metrics("connector"), takeoverMs: TAKEOVER_MS },
      ...SOFTWARE,
    });
    await connector.start();
    return new Side(connector, line, transport);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ended ??= this.#end();
  }

  async #end(): Promise<void> {
    await this.connector.close();
    await this.transport.close();
    this.line[Symbol.dispose]();
  }
}

interface PairRig {
  feed: keyof typeof SYMBOLS;
  endpoint: string;
  server: NatsServer;
  storage: Storage;
}

async function telling(side: Side): Promise<void> {
  await eventually("the side to tell", () => Promise.resolve(side.connector.isTelling));
}

/** Waits until a side has got some more frames. */
async function frames(side: Side, count: number): Promise<void> {
  const before = side.connector.stats().frames;
  const isThere = () => Promise.resolve(side.connector.stats().frames >= before + count);
  await eventually(`${count} frames`, isThere);
}

async function recordsOf(rig: PairRig, version: string): Promise<MarketEvent[]> {
  const records: MarketEvent[] = [];
  const { storage, feed } = rig;
  for await (const batch of readArchive(storage, { env: ENV, feed, version })) {
    records.push(...batch);
  }
  const keyOf = ({ type, run, connection, sequence }: MarketEvent) =>
    `${type} ${run} ${connection} ${String(sequence).padStart(9, "0")}`;
  return records.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The first one is cut off and killed, comes back and takes over again when the second one stops. */
async function capture(rig: PairRig, dir: string): Promise<void> {
  await using second = await (async () => {
    await using first = await Side.start(rig, `${dir}/first`);
    await frames(first, 100);
    const second = await Side.start(rig, `${dir}/second`);
    await frames(second, 200);
    assert.equal(second.connector.isTelling, false);
    first.line.cut();
    await telling(second);
    await frames(second, 200);
    first.line.mend();
    await first.connector.replaced;
    return second;
  })();
  await using again = await Side.start(rig, `${dir}/first`);
  await frames(again, 200);
  assert.equal(again.connector.isTelling, false);
  await second[Symbol.asyncDispose]();
  await telling(again);
  await frames(again, 200);
}

for (const feed of ["kraken", "kalshi"] as const) {
  Deno.test({
    name: `a pair of connectors of ${feed} gives each record once, whoever of them ends`,
    ignore: !natsServerAvailable(),
    fn: async () => {
      const dir = await Deno.makeTempDir({ prefix: "ssmd-pair-" });
      const server = await startNatsServer();
      const markets = SYMBOLS[feed].map(({ external }) => ({ external }));
      const source = { type: "model", seed: 11, symbols: markets, ratePerSecond: 300 } as const;
      const simulator = await startSimulator({ venue: feed, source });
      const storage = await openStorage({ type: "local", path: `${dir}/data` });
      const context = { feed, endpoint: simulator.url, server, storage };
      const bus = await openTransport({ type: "nats", url: server.url }, { env: ENV });
      const archiver = createArchiver({
        ...{ env: ENV, feeds: [feed], transport: bus, storage },
        ...SOFTWARE,
      });
      try {
        await archiver.start();
        await capture(context, dir);
        await archiver.close();
        await assertWhole(context, dir);
      } finally {
        await bus.close();
        await simulator.close();
        await storage.close();
        await server.stop();
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

async function assertWhole(rig: PairRig, dir: string): Promise<void> {
  const { storage, feed } = rig;
  const records = await recordsOf(rig, "v1");
  assert.equal(new Set(records.map(({ run }) => run)).size, 3);
  const trades = records.flatMap((each) => each.type === "trade" ? [each] : []);
  const names = trades.map(({ symbol, tradeId }) => `${symbol} ${tradeId}`);
  assert.equal(new Set(names).size, names.length, "trades twice");
  if (feed === "kraken") assertNoneMissing(trades);
  const gaps = records.filter(({ type }) => type === "gap");
  assert.deepEqual(gaps, []);

  const report = await verifyArchive(storage, {});
  assert.deepEqual(report.problems, []);
  // Over midnight there are two.
  const days = [...new Set(records.map(({ receivedAtUs }) => dayOfUs(receivedAtUs)))].sort();
  const check = { type: "duplicate_ids", id: "trade_id", records: ["trade" as const] } as const;
  const record = {
    ...check,
    id: "record",
    records: ["trade" as const, "orderbook" as const],
  } as const;
  const rules = {
    feed,
    checks: [{ ...check, records: [...check.records] }, {
      ...record,
      records: [...record.records],
    }],
  };
  for (const day of days) {
    const manifest = await loadManifest(storage, { kind: "normalized", env: ENV, feed, day });
    assert.equal(manifest?.quality, 1);
    const qa = await runQa({ storage, env: ENV, feed, day, rules, software: "test" });
    assert.equal(qa.ok, true);
  }
  const [from = "", to = ""] = [days[0], days.at(-1)];
  await reprocess({
    ...{ storage, env: ENV, feed, version: "again", from, to, software: SOFTWARE },
    tempDir: dir,
  });
  assert.deepEqual(await recordsOf(rig, "again"), records);
}

/** Kraken numbers the trades of a pair. */
function assertNoneMissing(trades: readonly { symbol: string; tradeId: string }[]): void {
  for (const [symbol, own] of Map.groupBy(trades, (trade) => trade.symbol)) {
    const ids = own.map(({ tradeId }) => Number(tradeId)).sort((a, b) => a - b);
    const first = ids[0] ?? 0;
    assert.deepEqual(ids, ids.map((_, i) => first + i), symbol);
  }
}
