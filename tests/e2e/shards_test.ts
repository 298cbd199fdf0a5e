import assert from "node:assert/strict";
import { parsePosition, readArchive } from "@ssmd/archive";
import { decode } from "@ssmd/codec";
import { verifyArchive } from "@ssmd/dataset/verify";
import { type EventType, FEED_TYPES, type MarketEvent, recordFilters } from "@ssmd/market";
import { tellChoice } from "@ssmd/metadata";
import { nowUs, sleep } from "@ssmd/runtime";
import { startSimulator } from "@ssmd/simulator";
import { openStorage, type Storage } from "@ssmd/storage";
import { type InMessage, openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { type CrashSymbol, writeRegistry } from "./crash_registry.ts";
import { SeededRandom, Service } from "./crash_service.ts";
import { eventually } from "./_process.ts";

const ENV = "sharded";
const FEED = "kraken";
const SYMBOLS = [
  { symbol: "BTCUSD", feed: FEED, external: "BTC/USD", depth: 10, tier: 1 },
  { symbol: "ETHUSD", feed: FEED, external: "ETH/USD", depth: 10, tier: 1 },
  { symbol: "SOLUSD", feed: FEED, external: "SOL/USD", depth: 10, tier: 2 },
  { symbol: "XRPUSD", feed: FEED, external: "XRP/USD", depth: 10, tier: 2 },
] as const;
const SHARDS = { tier1: 1, tier2: 2 };
/** Kills of processes of one shard, and frames a second: as many more as one has time for. */
const KILLS = Number(Deno.env.get("SSMD_SHARD_KILLS") ?? 3);
const RATE = Number(Deno.env.get("SSMD_SHARD_RATE") ?? 300);
/** A machine that is calm and not slow keeps the other shard below one second. */
const LAG_MS_MAX = Number(Deno.env.get("SSMD_SHARD_LAG_MS") ?? 15_000);
const SEED = 5;

/** What a client of the environment's stream gets, as it comes. */
class ClientStream {
  readonly lagMsMax = new Map<string, number>();
  #ids = new Set<string>();
  #last = new Map<string, number>();
  #trades = new Map<string, number>();
  readonly faults: string[] = [];
  /** By symbol: the run of its newest record that is no gap. */
  readonly runs = new Map<string, string>();

  take({ subject, id, payload }: InMessage): void {
    const [, , type, symbol = ""] = subject.split(".");
    const event = decode(type as EventType, payload);
    if (this.#ids.has(id)) this.faults.push(`${id} twice`);
    this.#ids.add(id);
    const { run = 0, connection = 0, sequence, receivedAtUs } = event;
    const of = `${symbol} ${run} ${connection}`;
    if (sequence <= (this.#last.get(of) ?? 0)) this.faults.push(`${id} of ${of} out of order`);
    this.#last.set(of, sequence);
    if (type === "gap") return;
    if (type === "trade") this.#takeTrade(symbol, event);
    this.runs.set(symbol, id.split("-")[0] as string);
    this.#lag(symbol, (nowUs() - receivedAtUs) / 1000);
  }

  /** Whatever shard tells it, and in the order of the market. */
  #takeTrade(symbol: string, event: MarketEvent): void {
    if (event.type !== "trade") return;
    const last = this.#trades.get(symbol) ?? 0;
    if (Number(event.tradeId) <= last) {
      this.faults.push(`trade ${event.tradeId} of ${symbol} behind ${last}`);
    }
    this.#trades.set(symbol, Math.max(last, Number(event.tradeId)));
  }

  get count(): number {
    return this.#ids.size;
  }

  #lag(symbol: string, ms: number): void {
    this.lagMsMax.set(symbol, Math.max(ms, this.lagMsMax.get(symbol) ?? 0));
  }
}

function serviceOf(dir: string, shard: string, program: "connector" | "archiver", url: string) {
  const of = program === "connector"
    ? ["--feed", FEED, "--endpoint", url]
    : ["--flush-seconds", "1"];
  return new Service({
    name: `${program} ${shard}`,
    args: [`${program}/main.ts`, "--env", ENV, "--metrics-port", "0", ...of],
    cwd: dir,
    env: { SHARD_ID: shard },
    ready: program === "connector" ? "capturing" : "archiving",
  });
}

async function idsOf(transport: Transport): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const { firstSequence, lastSequence } = await transport.state();
  const filters = recordFilters(ENV, FEED_TYPES);
  const span = { filters, from: { sequence: firstSequence }, toSequence: lastSequence };
  for await (const batch of transport.read(span)) {
    for (const { id, subject } of batch) ids.set(id, subject);
  }
  return ids;
}

async function archivedRecords(storage: Storage): Promise<MarketEvent[]> {
  const records: MarketEvent[] = [];
  for await (const batch of readArchive(storage, { env: ENV, feed: FEED })) records.push(...batch);
  return records;
}

/** Trades of a symbol are consecutive: what is missing between two is covered by a gap. */
function assertTrades(records: readonly MarketEvent[], symbol: string): void {
  const gaps = records.filter((each) => each.type === "gap")
    .filter((gap) => gap.symbol === symbol || gap.symbol === "_all");
  const trades = records.filter((each) => each.type === "trade" && each.symbol === symbol)
    .flatMap((each) => each.type === "trade" ? [each] : [])
    .sort((a, b) => Number(a.tradeId) - Number(b.tradeId));
  assert.ok(trades.length > 0, `${symbol} has trades`);
  for (const [i, trade] of trades.entries()) {
    const before = trades[i - 1];
    if (before === undefined || Number(trade.tradeId) === Number(before.tradeId) + 1) continue;
    assert.notEqual(trade.tradeId, before.tradeId, `a trade of ${symbol} is there twice`);
    const isReported = gaps.some(({ fromUs, toUs }) =>
      fromUs <= trade.receivedAtUs && (toUs === 0 || toUs >= before.receivedAtUs)
    );
    assert.ok(isReported, `trades of ${symbol} behind ${before.tradeId} are missing untold`);
  }
}

Deno.test({
  name: "kills of one shard's processes do not touch the other one, and nothing is lost or twice",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const dir = await Deno.makeTempDir({ prefix: "ssmd-shards-" });
    const server = await startNatsServer();
    const markets = SYMBOLS.map(({ external }) => ({ external }));
    const source = { type: "model", seed: SEED, symbols: markets, ratePerSecond: RATE } as const;
    const simulator = await startSimulator({ venue: FEED, source });
    await writeRegistry(dir, {
      ...{ name: ENV, symbols: SYMBOLS, shards: SHARDS },
      transport: `{ type: nats, url: "${server.url}" }`,
    });
    const names = Object.keys(SHARDS);
    const config = { type: "nats", url: server.url, shards: names } as const;
    const bus = await openTransport(config, { env: ENV });
    const storage = await openStorage({ type: "local", path: `${dir}/data` });
    const services = new Map(
      names.flatMap((shard) =>
        (["connector", "archiver"] as const).map((program) => [
          `${program} ${shard}`,
          serviceOf(dir, shard, program, simulator.url),
        ])
      ),
    );
    try {
      const client = new ClientStream();
      await bus.subscribe(recordFilters(ENV, FEED_TYPES), (message) => client.take(message));
      for (const service of services.values()) service.start();
      for (const service of services.values()) await service.ready();
      const tail = () => [...services.values()].map((service) => service.tail()).join("\n");
      await eventually(
        "records of all symbols",
        () => Promise.resolve(SYMBOLS.every(({ symbol }) => client.lagMsMax.has(symbol))),
      ).catch((error) => {
        throw new Error(`${error}\n${tail()}`);
      });
      client.lagMsMax.clear();
      const random = new SeededRandom(SEED);
      for (let kill = 0; kill < KILLS; kill++) {
        const service = services.get(`${kill % 3 === 2 ? "archiver" : "connector"} tier1`);
        await sleep(random.between(500, 2_000));
        await service?.kill();
        service?.start();
        await service?.ready();
      }
      await sleep(1_000);
      for (const [name, service] of services) {
        if (name.startsWith("connector")) assert.equal(await service.stop(), 0, service.tail());
      }
      for (const [name, service] of services) {
        if (name.startsWith("archiver")) assert.equal(await service.stop(), 0, service.tail());
      }
      const other = Math.max(
        ...["SOLUSD", "XRPUSD"].map((symbol) => client.lagMsMax.get(symbol) ?? Infinity),
      );
      const own = Math.max(
        ...["BTCUSD", "ETHUSD"].map((symbol) => client.lagMsMax.get(symbol) ?? 0),
      );
      console.log(
        `${KILLS} kills at ${RATE}/s: ${client.count} records, lag of the shard that was killed ` +
          `${own.toFixed(0)} ms, of the other one ${other.toFixed(0)} ms`,
      );
      await assertWhole(bus, config, storage);
      await eventually(
        "the client to have all",
        async () => client.count === (await idsOf(bus)).size || undefined,
      );
      assert.deepEqual(client.faults, []);
      // Last: a loaded machine may be late, but nothing may be wrong.
      assert.ok(other <= LAG_MS_MAX, `the other shard was ${other} ms late`);
    } finally {
      for (const service of services.values()) await service.kill();
      await bus.close();
      await simulator.close();
      await storage.close();
      await server.stop();
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** Symbols with other tiers than they have. */
function moved(tiers: Record<string, number>): CrashSymbol[] {
  return SYMBOLS.map((each) => ({ ...each, tier: tiers[each.symbol] ?? each.tier }));
}

Deno.test({
  name: "symbols that move between running shards lose nothing untold, and nothing comes twice",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const dir = await Deno.makeTempDir({ prefix: "ssmd-shard-moves-" });
    const server = await startNatsServer();
    const markets = SYMBOLS.map(({ external }) => ({ external }));
    const source = { type: "model", seed: SEED, symbols: markets, ratePerSecond: RATE } as const;
    const simulator = await startSimulator({ venue: FEED, source });
    const write = (symbols: readonly CrashSymbol[], shards: Record<string, number> = SHARDS) =>
      writeRegistry(dir, {
        ...{ name: ENV, symbols, shards },
        transport: `{ type: nats, url: "${server.url}" }`,
      });
    await write(SYMBOLS);
    const names = Object.keys(SHARDS);
    const config = { type: "nats", url: server.url, shards: names } as const;
    const bus = await openTransport(config, { env: ENV });
    const storage = await openStorage({ type: "local", path: `${dir}/data` });
    const servicesOf = (shard: string) =>
      (["connector", "archiver"] as const).map((program) =>
        serviceOf(dir, shard, program, simulator.url)
      );
    const services = names.flatMap(servicesOf);
    const [one, , two] = services as [Service, Service, Service, Service];
    const client = new ClientStream();
    /** Has what runs take the file over, as `ssmd shard apply` does. */
    const apply = async (tiers: Record<string, number>) => {
      const symbols = moved(tiers);
      await write(symbols);
      await tellChoice(bus, { symbols: symbolsIn(symbols) });
    };
    /** Resolves when records of a symbol come from another run than before. */
    const untilMoved = async (symbol: string, before: string | undefined) => {
      await eventually(
        `records of ${symbol} from another shard`,
        () => Promise.resolve(client.runs.get(symbol) !== before || undefined),
      ).catch((error) => {
        throw new Error(`${error}\n${services.map((each) => each.tail()).join("\n")}`);
      });
    };
    try {
      await bus.subscribe(recordFilters(ENV, FEED_TYPES), (message) => client.take(message));
      for (const service of services) service.start();
      for (const service of services) await service.ready();
      await eventually(
        "records of all symbols",
        () => Promise.resolve(SYMBOLS.every(({ symbol }) => client.runs.has(symbol)) || undefined),
      );
      const random = new SeededRandom(SEED);
      for (const tier of [2, 1, 2]) {
        const before = client.runs.get("ETHUSD");
        await apply({ ETHUSD: tier });
        await untilMoved("ETHUSD", before);
      }
      // The shard that is to take a symbol is killed on the way.
      for (const tier of [1, 2]) {
        const before = client.runs.get("ETHUSD");
        const beforeXrp = client.runs.get("XRPUSD");
        const [taking, releasing] = tier === 1 ? [one, two] : [two, one];
        await apply({ ETHUSD: tier });
        await sleep(random.between(0, 200));
        await taking.kill();
        if (tier === 2) await releasing.kill();
        taking.start();
        if (tier === 2) releasing.start();
        await untilMoved("ETHUSD", before);
        if (taking === two) await untilMoved("XRPUSD", beforeXrp);
      }
      // The shard that has it is down when it moves.
      const before = client.runs.get("XRPUSD");
      await two.kill();
      await apply({ ETHUSD: 2, XRPUSD: 1 });
      await sleep(1_000);
      assert.equal(client.runs.get("XRPUSD"), before, "nobody takes what was not released");
      two.start();
      await untilMoved("XRPUSD", before);
      // A shard that stops releases what another one wants by then.
      const solBefore = client.runs.get("SOLUSD");
      assert.equal(await two.stop(), 0, two.tail());
      await apply({ ETHUSD: 2, XRPUSD: 1, SOLUSD: 1 });
      await untilMoved("SOLUSD", solBefore);
      two.start();
      await two.ready();
      // A shard takes the place of another one: it is made, started, and the other one stopped.
      const tiers = { ETHUSD: 2, XRPUSD: 1, SOLUSD: 1 };
      await write(moved(tiers), { green: 1, tier2: 2 });
      const green = servicesOf("green");
      services.push(...green);
      for (const service of green) service.start();
      for (const service of green) await service.ready();
      const btcBefore = client.runs.get("BTCUSD");
      await sleep(random.between(0, 500));
      await green[0]?.kill();
      green[0]?.start();
      assert.equal(await one.stop(), 0, one.tail());
      for (const symbol of ["BTCUSD", "XRPUSD", "SOLUSD"]) await untilMoved(symbol, btcBefore);
      await sleep(1_000);
      for (const program of ["connector", "archiver"]) {
        for (const service of services.filter(({ name }) => name.startsWith(program))) {
          assert.equal(await service.stop(), 0, service.tail());
        }
      }
      await assertWhole(bus, { ...config, shards: [...names, "green"] }, storage);
      await eventually(
        "the client to have all",
        async () => client.count === (await idsOf(bus)).size || undefined,
      );
      assert.deepEqual(client.faults, []);
    } finally {
      for (const service of services) await service.kill();
      await bus.close();
      await simulator.close();
      await storage.close();
      await server.stop();
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** As the environment's file has them. */
function symbolsIn(symbols: readonly CrashSymbol[]) {
  return Object.fromEntries(symbols.map(({ symbol, ...entry }) => [symbol, entry]));
}

/** The streams of the shards, that of clients and the archive hold the same records. */
async function assertWhole(
  bus: Transport,
  config: { type: "nats"; url: string; shards: readonly string[] },
  storage: Storage,
): Promise<void> {
  const published = new Map<string, string>();
  for (const shard of config.shards) {
    const own = await openTransport(config, { env: ENV, shard });
    for (const [id, subject] of await idsOf(own)) {
      assert.ok(!published.has(id), `${id} is of two shards`);
      published.set(id, subject);
    }
    await own.close();
  }
  const clients = await eventually("all records in the clients' stream", async () => {
    const ids = await idsOf(bus);
    return ids.size >= published.size ? ids : undefined;
  });
  assert.deepEqual(new Map([...clients].sort()), new Map([...published].sort()));
  const records = await archivedRecords(storage);
  assert.equal(records.length, published.size);
  const runs = new Set([...published.keys()].map((id) => parsePosition(id)?.run));
  assert.ok(runs.size >= 2);
  for (const { symbol } of SYMBOLS) assertTrades(records, symbol);
  assert.deepEqual((await verifyArchive(storage, {})).problems, []);
}
