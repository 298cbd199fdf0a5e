import assert from "node:assert/strict";
import { createArchiver } from "@ssmd/archiver";
import { dayOfUs, readArchive } from "@ssmd/archive";
import { reprocess } from "@ssmd/dataset/reprocess";
import { verifyArchive } from "@ssmd/dataset/verify";
import type { Gap, MarketEvent, Trade } from "@ssmd/market";
import { messageOf, nowUs, sleep } from "@ssmd/runtime";
import { startSimulator } from "@ssmd/simulator";
import { openStorage, type Storage } from "@ssmd/storage";
import { openTransport } from "@ssmd/transport";
import { CutLine } from "../servers/cut_line.ts";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { writeRegistry } from "./crash_registry.ts";
import { SeededRandom, Service } from "./crash_service.ts";
import { eventually } from "./_process.ts";

const ENV = "pairs";
const FEED = "kraken";
const SYMBOLS = [
  { symbol: "BTCUSD", feed: FEED, external: "BTC/USD", depth: 10 },
  { symbol: "ETHUSD", feed: FEED, external: "ETH/USD", depth: 10 },
] as const;
const SOFTWARE = { version: "0.1.0", commit: "test" };
/** Ends of the one that tells: as many more as one has time for. */
const ROUNDS = Number(Deno.env.get("SSMD_PAIR_ROUNDS") ?? 4);
/** Longer than a lease is good for. */
const FROZEN_MS = 9_000;
/** What was cut off or stood still finds another one in its place, ends, and is started again. */
const REPLACED = "1 CONNECTOR_REPLACED";
const SEED = Number(Deno.env.get("SSMD_PAIR_SEED") ?? 7);

/** Where a side finds its venue and its bus. */
interface Servers {
  venue: URL;
  /** Port on loopback. */
  bus: number;
}

/** A connector as a process, whose ways to the venue and to the bus can be cut. */
class Side implements AsyncDisposable {
  readonly service: Service;
  readonly line: CutLine;
  readonly busLine: CutLine;

  /** Starts a side with a registry and a spool of its own; raw lies in the folder of all. */
  static async of(dir: string, name: string, { venue, bus }: Servers): Promise<Side> {
    const busLine = new CutLine(bus);
    const transport = `{ type: nats, url: nats://127.0.0.1:${busLine.port} }`;
    await writeRegistry(`${dir}/${name}`, { name: ENV, symbols: SYMBOLS, transport });
    return new Side(`${dir}/${name}`, name, { venue, busLine });
  }

  private constructor(
    dir: string,
    name: string,
    { venue, busLine }: { venue: URL; busLine: CutLine },
  ) {
    this.line = new CutLine(Number(venue.port));
    this.busLine = busLine;
    const endpoint = `ws://127.0.0.1:${this.line.port}${venue.pathname}`;
    this.service = new Service({
      name,
      args: [
        ...["connector/main.ts", "--env", ENV, "--feed", FEED, "--metrics-port", "0"],
        ...["--endpoint", endpoint, "--data", dir],
      ],
      cwd: dir,
      ready: "capturing",
    });
  }

  async is(gauge: "telling" | "backed"): Promise<boolean> {
    const line = this.service.lines.findLast((each) => each.includes('"capturing"'));
    if (line === undefined) return false;
    const { metrics_port } = JSON.parse(line) as { metrics_port: number };
    try {
      const text = await (await fetch(`http://127.0.0.1:${metrics_port}/metrics`)).text();
      return new RegExp(`^ssmd_connector_${gauge}\\{.*\\} 1$`, "m").test(text);
    } catch {
      // It is away.
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.kill();
    this.line[Symbol.dispose]();
    this.busLine[Symbol.dispose]();
  }
}

/** The one that tells while the other one stands by with all that it has. */
async function backedOf(sides: readonly Side[]): Promise<Side> {
  return await eventually("a pair of which one tells", async () => {
    for (const side of sides) {
      if (await side.is("telling") && await side.is("backed")) return side;
    }
  });
}

Deno.test({
  name: "a pair of processes gives each record once, whichever is killed or cut off when",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const dir = await Deno.makeTempDir({ prefix: "ssmd-pair-" });
    const server = await startNatsServer();
    const markets = SYMBOLS.map(({ external }) => ({ external }));
    const source = { type: "model", seed: SEED, symbols: markets, ratePerSecond: 300 } as const;
    const simulator = await startSimulator({ venue: FEED, source });
    const bus = await openTransport({ type: "nats", url: server.url }, { env: ENV });
    const storage = await openStorage({ type: "local", path: `${dir}/first` });
    const archiver = createArchiver({
      ...{ env: ENV, feeds: [FEED], transport: bus, storage },
      ...SOFTWARE,
    });
    try {
      await Deno.mkdir(`${dir}/first/raw`, { recursive: true });
      await Deno.mkdir(`${dir}/second`);
      await Deno.symlink(`${dir}/first/raw`, `${dir}/second/raw`);
      await archiver.start();
      const servers = { venue: new URL(simulator.url), bus: server.port };
      await using first = await Side.of(dir, "first", servers);
      await using second = await Side.of(dir, "second", servers);
      await harm([first, second]);
      await archiver.close();
      await assertWhole(storage, dir);
    } finally {
      await bus.close();
      await simulator.close();
      await storage.close();
      await server.stop();
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** What happens to the one that tells. The other one tells the feed from then on. */
const HARMS: readonly ((side: Side) => Promise<{ heal: () => void }>)[] = [
  async ({ service }) => {
    await service.kill();
    return { heal: () => service.start() };
  },
  ({ line }) => {
    line.cut();
    return Promise.resolve({ heal: () => line.mend() });
  },
  ({ busLine }) => {
    busLine.cut();
    return Promise.resolve({ heal: () => busLine.mend() });
  },
  ({ service }) => {
    const frozen = service.freeze(FROZEN_MS);
    return Promise.resolve({ heal: () => void frozen });
  },
];

/** In turn the one that tells is killed, loses the venue or the bus, or stands still, and goes on. */
async function harm(sides: readonly Side[]): Promise<void> {
  const random = new SeededRandom(SEED);
  for (const { service } of sides) service.start();
  const tails = () => sides.map(({ service }) => service.tail()).join("\n");
  const untilTelling = async (side: Side) => {
    await eventually("the other one to tell", () => side.is("telling")).catch((error) => {
      throw new Error(`${messageOf(error)}:\n${tails()}`);
    });
  };
  for (let round = 0; round < ROUNDS; round++) {
    const side = await backedOf(sides);
    const other = sides.find((each) => each !== side) as Side;
    await sleep(random.between(0, 2_000));
    const harm = HARMS[round % HARMS.length];
    const harmed = await harm?.(side);
    await untilTelling(other);
    await sleep(random.between(0, 1_000));
    harmed?.heal();
  }
  const last = await backedOf(sides);
  for (const { service } of sides) {
    const others = service.ownEnds.filter((end) => end !== REPLACED);
    assert.deepEqual(others, [], service.tail());
  }
  await sides.find((each) => each !== last)?.service.stop();
  await last.service.stop();
}

async function recordsOf(storage: Storage, version: string): Promise<MarketEvent[]> {
  const records: MarketEvent[] = [];
  for await (const batch of readArchive(storage, { env: ENV, feed: FEED, version })) {
    records.push(...batch);
  }
  const keyOf = ({ run, connection, sequence }: MarketEvent) =>
    `${run} ${connection} ${String(sequence).padStart(9, "0")}`;
  return records.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

async function assertWhole(storage: Storage, dir: string): Promise<void> {
  const records = await recordsOf(storage, "v1");
  const gaps = records.filter((each): each is Gap => each.type === "gap");
  for (const { symbol } of SYMBOLS) {
    const trades = records.filter((each): each is Trade =>
      each.type === "trade" && each.symbol === symbol
    ).sort((a, b) => Number(a.tradeId) - Number(b.tradeId));
    for (const [i, { tradeId, receivedAtUs }] of trades.entries()) {
      const before = trades[i - 1];
      if (before === undefined || Number(tradeId) === Number(before.tradeId) + 1) continue;
      assert.notEqual(tradeId, before.tradeId, `a trade of ${symbol} is there twice`);
      // A machine that is slow may have found nobody in time: then it is told.
      const isReported = gaps.some(({ fromUs, toUs }) =>
        fromUs <= receivedAtUs && (toUs === 0 || toUs >= before.receivedAtUs)
      );
      assert.ok(isReported, `trades of ${symbol} behind ${before.tradeId} are missing untold`);
    }
  }
  assert.ok(new Set(records.map(({ run }) => run)).size >= 2 + ROUNDS / 2);
  assert.deepEqual((await verifyArchive(storage, {})).problems, []);
  const [from, to] = [records[0]?.receivedAtUs ?? 0, nowUs()].map(dayOfUs) as [string, string];
  const context = { storage, env: ENV, feed: FEED, version: "again" };
  await reprocess({ ...context, from, to, software: SOFTWARE, tempDir: dir });
  assert.deepEqual(await recordsOf(storage, "again"), records);
  console.log(
    `${records.length} records, gaps: ${gaps.map(({ detail }) => detail).join("; ") || "none"}`,
  );
}
