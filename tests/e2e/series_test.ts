import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { capturesDir } from "./_captures.ts";
import { Folder, RunningUp, runSsmd } from "./_process.ts";

const dir = capturesDir();
const SCRIPT = fileURLToPath(new URL("oracle/series.py", import.meta.url));
const BAR_SECONDS = 5;
const DEPTH = 3;
/**
 * Recorded sessions, and how many rows beside a gap they have at least. They have books alone, no
 * trade: bars are held on the demo.
 */
const SESSIONS: Readonly<Record<string, number>> = {
  "kraken/btcusd-depth25-20260802": 0,
  "kalshi/btc15m-20260514t043118z": 1,
  // It connected seven times, and its numbers have six holes.
  "kalshi/btc15m-fixed-terminal-oos-gauss45lock002": 6,
};

interface Compared {
  bars: number;
  top_of_book: number;
  book: number;
  gap: number;
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

for (const [session, gapsMin] of Object.entries(SESSIONS)) {
  Deno.test({
    name: `books of ${session} are those of a recomputation in Python` +
      (dir === undefined ? " (skipped: there are no captures)" : ""),
    ignore: dir === undefined,
    fn: async () => {
      await using folder = new Folder();
      const data = `${folder.path}/data`;
      const capture = `${dir}/${session}.jsonl.zst`;
      await using up = new RunningUp(["--capture", capture, "--speed", "max", "--data", data]);
      assert.equal((await up.end()).code, 0, up.output);
      const compared = await compare(data, `${folder.path}/out`);
      console.log(session, JSON.stringify(compared));
      assert.ok(compared.top_of_book > 100 && compared.gap >= gapsMin);
    },
  });
}
