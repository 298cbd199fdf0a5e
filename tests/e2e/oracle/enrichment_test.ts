import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { capturesDir } from "../_captures.ts";
import { Folder, RunningUp } from "../_process.ts";
import { writeRegistry } from "../_registry.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TEXT = new TextDecoder();
const captures = capturesDir();

const ENRICH = [{
  ...{ name: "prices", type: "calculation" },
  values: { mid: "mid", spread: "ask - bid", spread_bps: "spread / mid * 10000", vwap: "vwap(2s)" },
}, { name: "quality", type: "quality", stale_after: "500ms", wide_above_bps: 50 }];

async function writeEnriched(folder: string): Promise<void> {
  await writeRegistry(folder, {
    name: "demo",
    simulatedRate: 200,
    feeds: {
      kraken: { symbols: { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD" } },
      kalshi: { symbols: { "KXSIMRAIN-26DEC31-NYC": "KXSIMRAIN-26DEC31-NYC" } },
    },
  });
  const path = `${folder}/exchanges/environments/demo.yaml`;
  const file = { ...JSON.parse(await Deno.readTextFile(path)), enrich: ENRICH };
  await Deno.writeTextFile(path, JSON.stringify(file));
}

async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  assert.equal(code, 0, TEXT.decode(stderr));
  return TEXT.decode(stdout);
}

/** What a recomputation in Python finds that every row equals. */
async function recomputed(dir: string, feed: string): Promise<Record<string, number>> {
  const script = `${ROOT}tests/e2e/oracle/enrichment.py`;
  return JSON.parse(await run("python3", ["-B", script, `${dir}/out`, feed], dir));
}

async function captured(dir: string, args: string[]): Promise<void> {
  await writeEnriched(dir);
  await using up = new RunningUp([...args, "--data", `${dir}/data`], { cwd: dir });
  assert.equal((await up.end()).code, 0, up.output);
  const deno = ["run", "-q", "-A", "--no-check", "--frozen", "--config", `${ROOT}deno.json`];
  const types = ["orderbook", "trade", "gap", "enriched"].flatMap((type) => ["--type", type]);
  await run(Deno.execPath(), [
    ...[...deno, `${ROOT}cli/main.ts`, "data", "export", "--env", "demo", "--data", "data"],
    ...[...types, "--format", "jsonl", "--out", "out"],
  ], dir);
}

Deno.test("mid, spread, vwap and quality of a simulated session equal a recomputation in Python", async () => {
  await using folder = new Folder();
  await captured(folder.path, ["--for", "8s"]);
  const kraken = await recomputed(folder.path, "kraken");
  assert.equal(kraken["markets"], 2);
  assert.ok(Number(kraken["vwaps"]) > 0);
  assert.equal((await recomputed(folder.path, "kalshi"))["markets"], 1);
});

Deno.test({
  name: "mid, spread and quality of a recorded session equal a recomputation in Python",
  ignore: captures === undefined,
  fn: async () => {
    await using folder = new Folder();
    const session = `${captures}/kalshi/btc15m-20260514t043118z.jsonl.zst`;
    await captured(folder.path, ["--capture", session, "--speed", "max"]);
    const { rows = 0, markets } = await recomputed(folder.path, "kalshi");
    assert.ok(rows > 100, `${rows} rows of ${markets} markets`);
  },
});
