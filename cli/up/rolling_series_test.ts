import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readArchive } from "@ssmd/archive";
import { verifyArchive } from "@ssmd/dataset/verify";
import type { MarketEvent } from "@ssmd/market";
import { createLogger, silentLogger } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { startUp, type Up } from "./up.ts";

const ENV = "rolls";
const SERIES = "KXROLL15M";
const OTHER = "KXOTHER15M";
const STAYS = ["KXSTAY-26DEC31-T1", "KXSTAY-26DEC31-T2", "KXSTAY-26DEC31-T3"];
/** Simulated hours and the pace of their time; the long form is the one of the promise. */
const LONG = Deno.env.get("SSMD_SOAK_ROLLS") === "1";
const { speed, rolls } = LONG ? { speed: 60, rolls: 8 } : { speed: 120, rolls: 3 };

/** Steps of a market from when it opens. */
const LIFE = [
  ...["activated", "price_level_structure_updated", "close_date_updated"],
  ...["determined", "settled"],
];

function hasTenths(event: MarketEvent): boolean {
  if (event.type !== "orderbook") return false;
  return [...event.bids, ...event.asks].some(({ price }) => Math.round(price * 1000) % 10 !== 0);
}

interface RestMarket {
  ticker: string;
  status: string;
}

async function writeRegistry(dir: string): Promise<void> {
  for (const folder of ["feeds", "schemas", "calendars", "qa"]) {
    await Deno.mkdir(`${dir}/exchanges/${folder}`, { recursive: true });
    const source = new URL(`../../exchanges/${folder}/`, import.meta.url);
    for await (const { name } of Deno.readDir(source)) {
      await Deno.copyFile(new URL(name, source), `${dir}/exchanges/${folder}/${name}`);
    }
  }
  await Deno.mkdir(`${dir}/exchanges/environments`);
  await writeEnvironment(dir, [SERIES]);
}

async function writeEnvironment(dir: string, series: readonly string[]): Promise<void> {
  const symbols = STAYS.map((ticker) => [ticker, { feed: "kalshi", external: ticker }] as const);
  const file = {
    ...{ name: ENV, feeds: ["kalshi"], schema: "v1", symbols: Object.fromEntries(symbols) },
    select: series.map((each) => ({ feed: "kalshi", series: each })),
    ...{ transport: { type: "memory" }, storage: { type: "local", path: `${dir}/data` } },
    simulator: { seed: 5, rate: 4, rolls: { [SERIES]: "15m", [OTHER]: "15m" } },
  };
  await Deno.writeTextFile(`${dir}/exchanges/environments/${ENV}.yaml`, JSON.stringify(file));
}

/** Markets of the series, as the simulator's REST has them. */
async function marketsAt(up: Up): Promise<RestMarket[]> {
  const { host } = new URL(up.feeds()[0]?.endpoint ?? "");
  const path = `/trade-api/v2/markets?series_ticker=${SERIES}`;
  return (await (await fetch(`http://${host}${path}`)).json()).markets;
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** What a roll leaves behind; windows that are not full yet, as without rolls, too. */
const GROWN_MIB_MAX = 5;

/** What the heap holds after garbage was collected, MiB. */
function heldMiB(): number {
  collectGarbage();
  return Math.round(Deno.memoryUsage().heapUsed / 2 ** 20);
}

/** Waits until so many markets are settled; what was held when each was. */
async function untilRolled(up: Up): Promise<{ markets: RestMarket[]; held: number[] }> {
  const deadlineMs = Date.now() + 300_000;
  const held: number[] = [];
  for (;;) {
    const markets = await marketsAt(up);
    const settled = markets.filter(({ status }) => status === "finalized");
    if (held.length < settled.length) held.push(heldMiB());
    if (settled.length >= rolls) return { markets, held };
    assert.ok(Date.now() < deadlineMs, JSON.stringify([settled.length, held, up.feeds()]));
    await delay(200);
  }
}

interface Version {
  state: string;
  result?: string;
  closes?: string;
  price_grid?: { step: string }[];
}

/** The gateway lists what rolls by the venue's name, and tells its life as it was, soon after it ended. */
async function assertKnown(up: Up): Promise<void> {
  const get = async (path: string) => (await fetch(up.gatewayUrl + path)).json();
  const { markets } = await get("/v1/markets");
  const [rolled] = markets.filter(({ external }: { external: string }) =>
    external.startsWith(`${SERIES}-`)
  );
  // An earlier one may have opened before the environment was up.
  const settled = (await marketsAt(up)).findLast(({ status }) => status === "finalized");
  assert.ok(rolled !== undefined && settled !== undefined);
  const path = `/v1/secmaster/instruments/${settled.ticker}/history`;
  const deadlineMs = Date.now() + 60_000;
  let versions: Version[] = [];
  while (versions.at(-1)?.state !== "settled" && Date.now() < deadlineMs) {
    versions = (await get(path)).versions ?? [];
  }
  assert.deepEqual(
    versions.map(({ state, price_grid }) => `${state} ${price_grid?.[0]?.step}`),
    [
      ...["listed 0.0100", "open 0.0100", "open 0.0010", "open 0.0010", "determined 0.0010"],
      "settled 0.0010",
    ],
  );
  const closes = versions.map((each) => Date.parse(each.closes ?? ""));
  assert.deepEqual(closes.map((ms) => ms - (closes[0] ?? 0)), [0, 0, 0, 1000, 1000, 1000]);
  assert.match(versions.at(-1)?.result ?? "", /^(yes|no)$/);
}

/** When only what is not settled is subscribed, nothing is missing and the connection is the first. */
async function untilSubscribed(up: Up): Promise<void> {
  const deadlineMs = Date.now() + 240_000;
  for (;;) {
    await assertKnown(up);
    const stats = up.feeds()[0]?.stats;
    if (stats?.connected === 1 && stats.missing === 0) return;
    assert.ok(Date.now() < deadlineMs, JSON.stringify(stats));
    await delay(20);
  }
}

Deno.test("rules that are applied while all runs bring their markets and take others off, without a gap", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-rules-" });
  try {
    await writeRegistry(dir);
    await writeEnvironment(dir, []);
    const changes: { added: number; takenOff: number }[] = [];
    const logger = createLogger({
      format: "json",
      write: (line) => {
        if (line.includes('"markets changed"')) changes.push(JSON.parse(line));
      },
    });
    const up = await startUp({
      ...{ env: ENV, captures: { files: [], times: "received" }, speed: 1, port: 0 },
      ...{ dataDir: `${dir}/data`, registryDir: `${dir}/exchanges`, logger },
    });
    /** Until so many more markets than those that the file names are captured. */
    const until = async (holds: (more: number) => boolean) => {
      const deadlineMs = Date.now() + 240_000;
      for (;;) {
        const more = changes.reduce((sum, { added, takenOff }) => sum + added - takenOff, 0);
        const stats = up.feeds()[0]?.stats;
        if (stats?.connected === 1 && stats.missing === 0 && holds(more)) return more;
        assert.ok(Date.now() < deadlineMs, JSON.stringify([changes, stats]));
        await delay(20);
      }
    };
    const apply = async (...series: string[]) => {
      await writeEnvironment(dir, series);
      const address = `${up.gatewayUrl}/v1/admin/environment/apply`;
      const answer = await (await fetch(address, { method: "POST" })).json();
      assert.equal(answer.other_rules, true, JSON.stringify(answer));
    };
    await until((more) => more === 0);
    await apply(SERIES);
    const one = await until((more) => more > 0);
    await apply(SERIES, OTHER);
    const both = await until((more) => more > one);
    await apply(OTHER);
    await until((more) => more > 0 && more < both);
    await apply();
    await until((more) => more === 0);
    assert.equal(up.feeds()[0]?.stats.gaps, 0);
    await up.close();
    const storage = folderStorage(`${dir}/data`);
    assert.deepEqual((await verifyArchive(storage, { env: ENV })).problems, []);
    await storage.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a series rolls: each market is captured before it opens until it is settled, others without a gap", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-rolls-" });
  try {
    await writeRegistry(dir);
    const up = await startUp({
      ...{ env: ENV, captures: { files: [], times: "received" }, speed, port: 0 },
      ...{ dataDir: `${dir}/data`, registryDir: `${dir}/exchanges`, logger: silentLogger },
    });
    const { markets, held } = await untilRolled(up);
    const grown = ((held.at(-1) ?? 0) - (held[0] ?? 0)) / (held.length - 1);
    console.log(`held, MiB: ${held.join(" ")}`);
    assert.ok(grown < GROWN_MIB_MAX, `${grown} MiB more with each roll: ${held.join(" ")}`);
    await untilSubscribed(up);
    const stats = up.feeds()[0]?.stats;
    await up.close();
    const storage = folderStorage(`${dir}/data`);
    const source = { env: ENV, feed: "kalshi", version: "v1" };
    const records = (await Array.fromAsync(readArchive(storage, source))).flat();
    // That the machine's clock was set is no loss, and is not for a test to forbid.
    const gaps = records.filter((each) => each.type === "gap");
    const ofClock = gaps.filter(({ reason }) => reason === "clock");
    assert.deepEqual(gaps.filter(({ reason }) => reason !== "clock"), []);
    assert.equal(stats?.gaps, ofClock.length);
    assert.equal(stats?.connections.length, 1, "all markets share a connection");
    // The first is open when the environment starts; the last ones are not over yet.
    const whole = markets.filter(({ status }) => status === "finalized").slice(1);
    assert.ok(whole.length >= rolls - 1);
    for (const { ticker } of whole) {
      const own = records.filter(({ symbol }) => symbol === ticker);
      const lives = own.flatMap((each) => each.type === "status" ? [each.detail] : []);
      assert.deepEqual(lives, LIFE, ticker);
      const finer = own.findIndex((each) =>
        each.type === "status" && each.detail === "price_level_structure_updated"
      );
      assert.ok(!own.slice(0, finer).some(hasTenths), `${ticker} had tenths of cents before`);
      assert.ok(own.slice(finer).some(hasTenths), `${ticker} goes on in cents`);
      assert.ok(
        own[0]?.type === "orderbook" && own[0].kind === "snapshot",
        `${ticker} begins late`,
      );
      const opened = own.findIndex((each) => each.type === "status" && each.detail === "activated");
      const moved = own.findIndex((each) =>
        each.type === "trade" || (each.type === "orderbook" && each.kind === "delta")
      );
      assert.ok(opened > 0 && opened < moved, `${ticker} is captured from its first frame`);
      assert.ok(own.length > 10, ticker);
      assert.equal(own.at(-1)?.type, "status", `${ticker} is captured behind its end`);
    }
    for (const ticker of STAYS) assert.ok(records.some(({ symbol }) => symbol === ticker), ticker);
    assert.deepEqual((await verifyArchive(storage, { env: ENV })).problems, []);
    await storage.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
