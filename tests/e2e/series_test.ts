import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { capturesDir } from "./_captures.ts";
import { Folder, RunningUp, runSsmd } from "./_process.ts";

const dir = capturesDir();
const SCRIPT = fileURLToPath(new URL("oracle/series.py", import.meta.url));
const BAR_SECONDS = 5;
const DEPTH = 3;
/**
 * Recorded sessions, and how many bars, bars beside a gap and rows beside one they have at least. Nobody recorded
 * trades: those of Kalshi are made of the last price and the volume of its recorded tickers.
 */
const SESSIONS: Readonly<Record<string, { bars: number; bars_gap: number; gap: number }>> = {
  "kraken/btcusd-depth25-20260802": { bars: 0, bars_gap: 0, gap: 0 },
  "kalshi/btc15m-20260514t043118z": { bars: 60, bars_gap: 0, gap: 1 },
  "kalshi/btc15m-side-consensus-oos-consensuslock001": { bars: 700, bars_gap: 1, gap: 5 },
  // It connected seven times, and its numbers have six holes.
  "kalshi/btc15m-fixed-terminal-oos-gauss45lock002": { bars: 1000, bars_gap: 3, gap: 6 },
};

function linesIn(path: string): string[] {
  return new TextDecoder().decode(zstdDecompressSync(Deno.readFileSync(path))).trim().split("\n");
}

/** What a Kalshi ticker says of the market's trades. */
interface TickerFrame {
  type: "ticker";
  msg: { market_ticker: string; price_dollars: string; volume_fp: string; ts_ms: number };
}

/** The lines with a trade behind each ticker of a market whose volume has grown. */
function withTrades(lines: readonly string[]): string {
  const volumes = new Map<string, number>();
  let [sequence, trades] = [0, 0];
  const all = lines.flatMap((line) => {
    const { t, e, m } = JSON.parse(line) as { t: string; e?: string; m?: TickerFrame };
    if (e === "ws_connected") {
      sequence = 0;
      const msg = { channel: "trade", sid: 9 };
      return [line, JSON.stringify({ t, m: { type: "subscribed", id: 1, msg } })];
    }
    if (m?.type !== "ticker") return [line];
    const { market_ticker, price_dollars, volume_fp, ts_ms } = m.msg;
    const before = volumes.get(market_ticker) ?? Number(volume_fp);
    volumes.set(market_ticker, Number(volume_fp));
    const count = Number(volume_fp) - before;
    if (!(count > 0)) return [line];
    const msg = {
      ...{ trade_id: `of-volume-${++trades}`, market_ticker, count_fp: count.toFixed(2) },
      ...{ yes_price_dollars: price_dollars, taker_side: trades % 3 === 0 ? "no" : "yes" },
      ...{ no_price_dollars: (1 - Number(price_dollars)).toFixed(4) },
      ...{ ts: Math.floor(ts_ms / 1000), ts_ms },
    };
    return [line, JSON.stringify({ t, m: { type: "trade", sid: 9, seq: ++sequence, msg } })];
  });
  return `${all.join("\n")}\n`;
}

interface Compared {
  bars: number;
  top_of_book: number;
  book: number;
  gap: number;
  /** Of `gap`, bars. */
  bars_gap: number;
  problems: string[];
}

/** Exports all series of an archive and holds them to those of a reader that shares no code with us. */
async function compare(data: string, out: string): Promise<Compared> {
  const series = [
    ["--type", "bars", "--every", `${BAR_SECONDS}s`],
    ["--type", "top_of_book", "--type", "book", "--every", "1s", "--depth", String(DEPTH)],
  ];
  for (const flags of series) {
    const args = ["data", "export", "--data", data, "--format", "jsonl", "--out", out, ...flags];
    const { code, output } = await runSsmd(args);
    // A session of books alone has no bars.
    if (code !== 0) assert.match(output, /NOTHING_ARCHIVED/);
  }
  const args = ["-B", SCRIPT, data, out, "demo", String(BAR_SECONDS), "1", String(DEPTH)];
  const { stdout, stderr } = await new Deno.Command("python3", { args }).output();
  const text = new TextDecoder().decode(stdout);
  assert.ok(text, new TextDecoder().decode(stderr));
  const compared: Compared = JSON.parse(text);
  assert.deepEqual(compared.problems, []);
  return compared;
}

Deno.test("bars and books of the demo with a stop between are those of a recomputation in Python", async () => {
  await using folder = new Folder();
  const data = `${folder.path}/data`;
  for (let run = 0; run < 2; run++) {
    await using up = new RunningUp(["--env", "demo", "--data", data]);
    for (const feed of ["kraken", "kalshi"]) await up.published(feed, "trade", 20);
    // A bar that is over, on each market.
    await delay(BAR_SECONDS * 1000);
    assert.equal((await up.stop()).code, 0, up.output);
  }
  const { bars, top_of_book, book, gap } = await compare(data, `${folder.path}/out`);
  assert.ok(bars > 4 && top_of_book > 100 && book > 10 && gap > 2);
});

for (const [session, least] of Object.entries(SESSIONS)) {
  Deno.test({
    name: `bars and books of ${session} are those of a recomputation in Python` +
      (dir === undefined ? " (skipped: there are no captures)" : ""),
    ignore: dir === undefined,
    fn: async () => {
      await using folder = new Folder();
      const data = `${folder.path}/data`;
      const capture = `${folder.path}/session.jsonl`;
      await Deno.writeTextFile(capture, withTrades(linesIn(`${dir}/${session}.jsonl.zst`)));
      const flags = ["--capture", capture, "--speed", "max", "--times", "recorded"];
      await using up = new RunningUp([...flags, "--data", data]);
      assert.equal((await up.end()).code, 0, up.output);
      const compared = await compare(data, `${folder.path}/out`);
      assert.ok(compared.top_of_book > 100 && compared.gap >= least.gap, JSON.stringify(compared));
      assert.ok(compared.bars >= least.bars, JSON.stringify(compared));
      assert.ok(compared.bars_gap >= least.bars_gap, JSON.stringify(compared));
    },
  });
}
