import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { Folder, RunningUp, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MODULES = "capnp, duckdb, matplotlib, nats, pandas, polars, websockets";
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const PNG = "89504e470d0a1a0a";
const UPDATES = 20;

function hasModules(): boolean {
  try {
    const args = ["-c", `import ${MODULES}`];
    return new Deno.Command("python3", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const isMissing = !hasModules();
const why = isMissing ? ` (skipped: python3 has not all of ${MODULES})` : "";
const ignore = isMissing && !REQUIRED;

/** Runs an example in a folder of its own; what it printed. */
async function example(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<string> {
  const paths = [`${ROOT}python`, Deno.env.get("PYTHONPATH") ?? ""].join(":");
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: ["-B", `${ROOT}examples/${name}`, ...args],
    env: { PYTHONPATH: paths, MPLBACKEND: "agg", ...env },
  }).output();
  const [said, failed] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, `${name}: ${said}${failed}`);
  return said ?? "";
}

Deno.test({
  name: `examples draw bars, follow a book over restarts, and read exports${why}`,
  ignore,
  fn: async () => {
    await using folder = new Folder();
    const data = `${folder.path}/data`;
    await using up = new RunningUp(["--env", "demo", "--data", data]);
    const env = { SSMD_URL: await up.url() };
    const state = `${folder.path}/pos`;
    const first = await example("live_book.py", ["BTCUSD", String(UPDATES), state], env);
    assert.match(first, /begins now\n(BTCUSD .* @ .* \| .* @ .*\n){10}/);
    const second = await example("live_book.py", ["BTCUSD", String(UPDATES), state], env);
    assert.match(second, /goes on behind \d+\nBTCUSD/);
    assert.doesNotMatch(second, /not whole/);
    const picture = `${folder.path}/bars.png`;
    assert.match(await example("bars_plot.py", ["BTCUSD", "today", picture], env), /\d+ bars/);
    const bytes = await Deno.readFile(picture);
    assert.equal(bytes.subarray(0, 8).toHex(), PNG);
    assert.ok(bytes.length > 10_000);
    assert.equal((await up.stop()).code, 0, up.output);
    const out = `${folder.path}/export`;
    const args = ["data", "export", "--data", data, "--type", "trade", "--type", "bars"];
    assert.equal((await runSsmd([...args, "--out", out])).code, 0);
    const read = await example("exports.py", [out], env);
    assert.match(read, /pandas: \d+ trades/);
    assert.match(read, /DuckDB: \[\('kalshi', .*BTCUSD/);
    assert.match(read, /polars: \[\('BTCUSD', \d+, \d/);
  },
});

Deno.test({
  name: `an example reads trades from NATS with the registered schema, without ssmd${why}`,
  ignore: ignore || !natsServerAvailable(),
  fn: async () => {
    await using folder = new Folder();
    const server = await startNatsServer({ storeDir: `${folder.path}/nats` });
    try {
      const feeds = { kraken: { symbols: { BTCUSD: "BTC/USD" } } };
      const environment = { name: "bus", feeds, natsUrl: server.url, simulatedRate: 100 };
      await writeRegistry(folder.path, environment);
      await using up = new RunningUp(["--env", "bus"], { cwd: folder.path });
      await up.url();
      const args = [server.url, "bus", `${ROOT}exchanges/schemas`, "5"];
      const said = await example("nats_trades.py", args, {});
      assert.match(said, /^(kraken BTCUSD (buy|sell) [\d.]+ @ [\d.]+\n){5}$/);
    } finally {
      await server.stop();
    }
  },
});
