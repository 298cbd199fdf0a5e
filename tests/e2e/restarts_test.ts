import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { normalizedOf } from "@ssmd/archive";
import { ALL_SYMBOLS, type Gap, type MarketEvent, type Trade } from "@ssmd/market";
import { demoKey, startSimulator } from "@ssmd/simulator";
import { folderStorage } from "@ssmd/storage";
import { manifestsOf } from "./crash_raw.ts";
import { Service } from "./crash_service.ts";
import { eventually } from "./_process.ts";

const ENV = "restarts";
/** How each life of the process ends. */
const ENDS = ["kill", "stop", "kill", "kill", "stop"] as const;
const KRAKEN = { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD" };
const KALSHI = ["KXSIMBTC-26DEC31-T99999.99", "KXSIMFED-26DEC31-C25"];
const FEEDS = ["kraken", "kalshi"] as const;
/** How a trade that is no repeat begins in the spool. */
const NEW_TRADE = { kraken: `"channel":"trade","type":"update"`, kalshi: `"type":"trade"` };
const EVENTS_PER_SECOND = 400;
/** Time between two lives in which the venue makes more trades than it repeats to the next one. */
const AWAY_MS = 2_000;
const REGISTRY = fileURLToPath(new URL("../../exchanges", import.meta.url));
const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

type Feed = typeof FEEDS[number];

async function writeRegistry(dir: string, urls: Record<Feed, string>): Promise<void> {
  for (const folder of ["feeds", "calendars", "qa", "environments"]) {
    await Deno.mkdir(`${dir}/exchanges/${folder}`, { recursive: true });
    if (folder === "environments") continue;
    for await (const { name } of Deno.readDir(`${REGISTRY}/${folder}`)) {
      await Deno.copyFile(`${REGISTRY}/${folder}/${name}`, `${dir}/exchanges/${folder}/${name}`);
    }
  }
  const kraken = Object.entries(KRAKEN).map(([symbol, external]) =>
    `  ${symbol}: { feed: kraken, external: ${external}, depth: 10 }\n`
  );
  const kalshi = KALSHI.map((ticker) => `  ${ticker}: { feed: kalshi, external: ${ticker} }\n`);
  await Deno.writeTextFile(
    `${dir}/exchanges/environments/${ENV}.yaml`,
    `name: ${ENV}
feeds: [kraken, kalshi]
schema: v1
keys:
  kalshi: { type: api_key, fields: [key_id, private_key], source: env }
symbols:
${[...kraken, ...kalshi].join("")}transport: { type: memory }
storage: { type: local, path: ./data }
gateway: { host: 127.0.0.1, port: 8080 }
endpoints: ${JSON.stringify(urls)}
credentials:
  kalshi: { key_id: "$key:kalshi.key_id", private_key: "$key:kalshi.private_key" }
`,
  );
}

/** Runs of a feed of which trades that were no repeat are in the spool. */
async function runsWithTrades(data: string, feed: Feed): Promise<Set<string>> {
  const runs = new Set<string>();
  const dir = `${data}/spool/${ENV}/${feed}-main`;
  for await (const { name } of Deno.readDir(dir)) {
    if (!name.endsWith(".log")) continue;
    const text = await Deno.readTextFile(`${dir}/${name}`);
    if (text.includes(NEW_TRADE[feed])) runs.add(name.split("-")[0] ?? "");
  }
  return runs;
}

/** Lives one after the other, each ended as it is told when both feeds have received trades. */
async function live(up: Service, data: string): Promise<void> {
  const lived = new Set<string>();
  for (const end of ENDS) {
    up.start();
    for (const feed of FEEDS) {
      const run = await eventually(`trades of ${feed} in this life`, async () => {
        const runs = await runsWithTrades(data, feed).catch(() => new Set<string>());
        return [...runs].find((each) => !lived.has(`${feed} ${each}`));
      });
      lived.add(`${feed} ${run}`);
    }
    if (end === "kill") await up.kill();
    else assert.equal(await up.stop(), 0, up.tail());
    await delay(AWAY_MS);
  }
}

async function archivedIn(data: string): Promise<MarketEvent[]> {
  const storage = folderStorage(data);
  const events: MarketEvent[] = [];
  for (const { files } of await manifestsOf(storage, "normalized", ENV)) {
    for (const { key } of files) {
      for (const event of normalizedOf(await storage.get(key), key).records) events.push(event);
    }
  }
  await storage.close();
  return events;
}

async function ssmd(dir: string, ...args: string[]): Promise<void> {
  const options = { cwd: dir, env: { NO_COLOR: "1" } };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--frozen", "--config", CONFIG, MAIN, ...args],
    ...options,
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, `ssmd ${args.join(" ")}: ${said}`);
}

function assertTrades(trades: readonly Trade[], gaps: readonly Gap[], symbol: string): void {
  const ids = trades.filter((each) => each.symbol === symbol).map((each) => Number(each.tradeId));
  assert.ok(ids.length > 0, symbol);
  assert.equal(new Set(ids).size, ids.length, `a trade of ${symbol} is there twice`);
  const [first, last] = [Math.min(...ids), Math.max(...ids)];
  const missed = gaps.filter((gap) => gap.symbol === symbol)
    .reduce((sum, gap) => sum + (gap.missed ?? 0), 0);
  assert.equal(ids.length + missed, last - first + 1, `trades of ${symbol} are missing untold`);
  assert.ok(missed > 0, `no life of ${symbol} missed anything: the test is too kind`);
}

function assertBreaks(gaps: readonly Gap[], feed: Feed): void {
  const breaks = gaps.filter((gap) =>
    gap.feed === feed && gap.symbol === ALL_SYMBOLS && gap.channel === "all" && gap.recovered
  );
  const expected = ENDS.slice(0, -1).map((end) => end === "stop" ? "planned" : "disconnect");
  const reasons = breaks.sort((a, b) => a.fromUs - b.fromUs).map(({ reason }) => reason);
  assert.deepEqual(reasons, expected, feed);
}

function startVenue(venue: Feed) {
  const symbols = (venue === "kraken" ? Object.values(KRAKEN) : KALSHI)
    .map((external) => ({ external }));
  const source = { type: "model", seed: 7, symbols, ratePerSecond: EVENTS_PER_SECOND } as const;
  return startSimulator({ venue, source });
}

Deno.test("over kills and stops of healthy venues each trade comes once, the missed are told, and qa is green", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-restarts-" });
  const [kraken, kalshi] = [await startVenue("kraken"), await startVenue("kalshi")];
  const key = await demoKey();
  await writeRegistry(dir, { kraken: kraken.url, kalshi: kalshi.url });
  const up = new Service({
    name: "up",
    args: ["cli/main.ts", "up", "--env", ENV, "--port", "0", "--data", `${dir}/data`],
    ...{ cwd: dir, ready: `"message":"connected"` },
    env: {
      SSMD_KEY_KALSHI_KEY_ID: key.keyId,
      SSMD_KEY_KALSHI_PRIVATE_KEY: key.privateKeyPem,
    },
  });
  try {
    await live(up, `${dir}/data`);
    const events = await archivedIn(`${dir}/data`);
    const trades = events.filter((each) => each.type === "trade");
    const gaps = events.filter((each) => each.type === "gap");
    for (const symbol of Object.keys(KRAKEN)) assertTrades(trades, gaps, symbol);
    const ids = trades.filter(({ feed }) => feed === "kalshi").map(({ tradeId }) => tradeId);
    assert.equal(new Set(ids).size, ids.length, "a trade of Kalshi is there twice");
    const names = events.map(({ feed, run, connection, sequence }) =>
      `${feed} ${run} ${connection} ${sequence}`
    );
    assert.equal(new Set(names).size, names.length, "run, connection and sequence name a record");
    for (const feed of FEEDS) assertBreaks(gaps, feed);
    await ssmd(dir, "archive", "verify", "--data", `${dir}/data`);
    for (const feed of FEEDS) await ssmd(dir, "qa", "run", "--feed", feed, "--data", `${dir}/data`);
  } finally {
    await up.kill();
    await Promise.all([kraken.close(), kalshi.close()]);
  }
  await Deno.remove(dir, { recursive: true });
});
