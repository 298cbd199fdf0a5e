import assert from "node:assert/strict";
import { startSimulator } from "@ssmd/simulator";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { eventually, Folder, RunningUp, runSsmd } from "./_process.ts";

const ENV = "rows";
const SYMBOLS = ["BTCUSD", "ETHUSD"];

type Row = Record<string, unknown> & { symbol: string; time: number; valid: boolean };

async function writeEnvironment(dir: string, endpoint: string): Promise<void> {
  const externals = SYMBOLS.map((name) => `${name.slice(0, 3)}/USD`);
  await writeRegistry(dir, {
    ...{ feeds: ["kraken"], endpoints: { kraken: endpoint } },
    symbols: Object.fromEntries(
      SYMBOLS.map((name, i) => [name, { feed: "kraken", external: externals[i] }]),
    ),
    enrich: [
      { name: "prices", type: "calculation", values: { mid: "mid", width: "spread_bps" } },
      { name: "volume", type: "calculation", values: { mean: "vwap(1s)" } },
      { name: "good", type: "quality", stale_after: "300ms", wide_above_bps: 20 },
    ],
    ...{ transport: { type: "memory" }, connects: { kraken: { burst: 1000, refill: "1ms" } } },
  });
}

async function writeRegistry(dir: string, environment: Record<string, unknown>): Promise<void> {
  for (const folder of ["feeds", "schemas", "calendars", "qa"]) {
    await Deno.mkdir(`${dir}/exchanges/${folder}`, { recursive: true });
    const source = new URL(`../../exchanges/${folder}/`, import.meta.url);
    for await (const { name } of Deno.readDir(source)) {
      await Deno.copyFile(new URL(name, source), `${dir}/exchanges/${folder}/${name}`);
    }
  }
  const storage = { type: "local", path: `${dir}/data` };
  const file = { name: ENV, schema: "v1", storage, ...environment };
  await Deno.mkdir(`${dir}/exchanges/environments`);
  await Deno.writeTextFile(`${dir}/exchanges/environments/${ENV}.yaml`, JSON.stringify(file));
}

/** What the stream sends of type `enriched`, beside its answers. */
function listen(url: string): { rows: Row[]; answers: Row[]; socket: WebSocket } {
  const address = `${url.replace("http", "ws")}/v1/stream?symbols=*&types=enriched`;
  const socket = new WebSocket(address);
  const [rows, answers]: [Row[], Row[]] = [[], []];
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "enriched") rows.push(message);
    else answers.push(message);
  });
  return { rows, answers, socket };
}

async function exported(dir: string): Promise<Row[]> {
  const args = ["data", "export", "--env", ENV, "--type", "enriched", "--format", "jsonl"];
  const { code, output } = await runSsmd([...args, "--out", `${dir}/out`], { cwd: dir });
  assert.equal(code, 0, output);
  const rows: Row[] = [];
  const read = async (folder: string) => {
    // Over midnight there are two days, which a folder lists in any order.
    const entries = (await Array.fromAsync(Deno.readDir(folder)))
      .sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isDirectory } of entries) {
      if (name.startsWith("_")) continue;
      if (isDirectory) await read(`${folder}/${name}`);
      else {
        const lines = (await Deno.readTextFile(`${folder}/${name}`)).trim().split("\n");
        rows.push(...lines.map((line) => JSON.parse(line)));
      }
    }
  };
  await read(`${dir}/out`);
  return rows;
}

/**
 * What a client got live is what the archive says of each market, from its first row on, or from
 * the first one in both that `isComplete`.
 */
async function assertArchived(
  dir: string,
  rows: Row[],
  symbols: readonly string[],
  isComplete?: (row: Row) => boolean,
) {
  const archived = await exported(dir);
  for (const symbol of symbols) {
    const own = archived.filter((row) => row.symbol === symbol);
    const at = (row: Row) => own.findIndex(({ time }) => time === row.time);
    const ofSymbol = rows.filter((row) => row.symbol === symbol);
    const begin = ofSymbol.findIndex((row) => isComplete?.(row) !== false && at(row) >= 0);
    assert.ok(isComplete !== undefined || begin === 0, `${symbol} begins with a row of its own`);
    const live = ofSymbol.slice(begin).map(({ type: _, chain: _version, ...row }) => row);
    assert.ok(begin >= 0 && live.length > 100, `${symbol}: ${ofSymbol.length} rows live`);
    const first = at(live[0] as Row);
    assert.deepEqual(live, own.slice(first, first + live.length));
  }
}

Deno.test("what a client of the stream gets of the enrichers is what the archive gives, over a break, too", async () => {
  await using folder = new Folder();
  const dir = folder.path;
  const simulator = await startSimulator({
    venue: "kraken",
    source: {
      ...{ type: "model", seed: 11, ratePerSecond: 200 },
      symbols: SYMBOLS.map((name) => ({ external: `${name.slice(0, 3)}/USD` })),
    },
  });
  await writeEnvironment(dir, simulator.url);
  await using up = new RunningUp(["--env", ENV, "--data", `${dir}/data`], { cwd: dir });
  const { rows, answers, socket } = listen(await up.url());
  const more = (what: string, holds: (fresh: Row[]) => boolean) => {
    const before = rows.length;
    return eventually(what, () => Promise.resolve(holds(rows.slice(before))));
  };
  await more("rows", (fresh) => fresh.length > 300);
  simulator.fault({ type: "drop" });
  await more("rows of no book", (fresh) => fresh.some(({ valid }) => !valid));
  await more("books again", (fresh) => fresh.filter(({ valid }) => valid).length > 300);
  socket.send(JSON.stringify({ action: "unsubscribe", symbols: ["*"] }));
  await eventually(
    "the last answer",
    () => Promise.resolve(answers.some(({ type }) => type === "unsubscribed")),
  );
  const { code, output } = await up.stop("SIGTERM");
  assert.equal(code, 0, output);
  await simulator.close();
  assert.ok(answers.some(({ type }) => type === "gap"), "a break is told to who gets rows alone");
  await assertArchived(dir, rows, SYMBOLS);
  assert.equal(new Set(rows.map(({ chain }) => chain)).size, 1);
});

const PAIR = { BTCUSD: "KXSIMFED-26DEC31-H0" };

for (const bus of ["memory", "nats"] as const) {
  Deno.test({
    name: `rows with another feed's prices are live what the archive gives, on ${bus}`,
    ignore: bus === "nats" && !natsServerAvailable(),
    fn: async () => {
      await using folder = new Folder();
      const dir = folder.path;
      const nats = bus === "nats" ? await startNatsServer() : undefined;
      const [[own, other]] = Object.entries(PAIR) as [[string, string]];
      await writeRegistry(dir, {
        feeds: ["kraken", "kalshi"],
        symbols: {
          [own]: { feed: "kraken", external: "BTC/USD", depth: 10 },
          [other]: { feed: "kalshi", external: other },
        },
        simulator: { seed: 3, rate: 100 },
        enrich: [
          { name: "pair", type: "cross_feed", symbols: { ...PAIR, [other]: own } },
          {
            ...{ name: "prices", type: "calculation" },
            values: {
              mid: "mid",
              seen_bid: "other_bid",
              basis: "mid - (other_bid + other_ask) / 2",
            },
          },
          { name: "good", type: "quality", stale_after: "300ms" },
        ],
        transport: nats === undefined ? { type: "memory" } : { type: "nats", url: nats.url },
      });
      try {
        await using up = new RunningUp(["--env", ENV, "--data", `${dir}/data`], { cwd: dir });
        const { rows, answers, socket } = listen(await up.url());
        const isKnown = (row: Row) => typeof row["basis"] === "number";
        const known = (symbol: string) =>
          rows.filter((row) => row.symbol === symbol && isKnown(row)).length;
        await eventually(
          "rows of both feeds with each other's prices",
          () => Promise.resolve(known(own) > 300 && known(other) > 300),
        );
        socket.send(JSON.stringify({ action: "unsubscribe", symbols: ["*"] }));
        await eventually(
          "the last answer",
          () => Promise.resolve(answers.some(({ type }) => type === "unsubscribed")),
        );
        const { code, output } = await up.stop("SIGTERM");
        assert.equal(code, 0, output);
        // On a loaded machine a feed waits longer for the other one's first book than it may.
        await assertArchived(dir, rows, [own, other], isKnown);
      } finally {
        await nats?.stop();
      }
    },
  });
}
