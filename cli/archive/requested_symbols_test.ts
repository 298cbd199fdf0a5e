import assert from "node:assert/strict";
import { ssmd, withArchive } from "../replay/_fixtures.ts";

/** Commands that find nothing of a symbol that there is not. */
const COMMANDS = [
  ["query", "trades"],
  ["query", "bars"],
  ["data", "export", "--type", "trade", "--out", "-"],
  ["data", "export", "--out", "DIR"],
  ["backtest", "momentum_burst"],
];

Deno.test("a symbol that is misspelt is told, never answered with nothing", () =>
  withArchive("demo", async (dir) => {
    for (const command of COMMANDS) {
      const args = command.map((word) => word === "DIR" ? `${dir}/export` : word);
      const { code, err } = await ssmd(...args, "--data", dir, "--symbol", "BTCUSDT");
      assert.equal(code, 1, args.join(" "));
      assert.match(err, /no records of "BTCUSDT" in demo[^]*Did you mean "BTCUSD"/);
    }
    const gaps = await ssmd("data", "gaps", "--data", dir, "--symbol", "BTCUSDT");
    assert.equal(gaps.code, 0);
    assert.match(gaps.err, /names no symbol "BTCUSDT"[^]*Did you mean "BTCUSD"/);
    const known = await ssmd("data", "gaps", "--data", dir, "--symbol", "BTCUSD");
    assert.deepEqual([known.code, known.err], [0, ""]);
  }));

Deno.test("each wrong name among right ones is told, and nothing is read or written", () =>
  withArchive("demo", async (dir) => {
    const wanted = ["BTCUSD", "BTCUSDT", "ETHUSDD"].flatMap((symbol) => ["--symbol", symbol]);
    const all = [
      ...COMMANDS,
      ["query", "select count(*) as n from trades"],
      ["data", "replay", "--feed", "kraken", "--date", "2026-08-01"],
      ["transform", "test", `${dir}/plain.ts`],
    ];
    await Deno.writeTextFile(`${dir}/plain.ts`, "export default (record) => record;\n");
    for (const command of all) {
      const args = command.map((word) => word === "DIR" ? `${dir}/export` : word);
      const { code, out, err } = await ssmd(...args, "--data", dir, ...wanted);
      assert.deepEqual([code, out], [1, ""], args.join(" "));
      assert.match(err, /no records of "BTCUSDT", "ETHUSDD" in demo/, args.join(" "));
      assert.match(err, /Did you mean "BTCUSD" for "BTCUSDT", "ETHUSD" for "ETHUSDD"\?/);
    }
    await assert.rejects(Deno.stat(`${dir}/export`), Deno.errors.NotFound);
    const gaps = await ssmd("data", "gaps", "--data", dir, ...wanted);
    assert.match(gaps.err, /names no symbol "BTCUSDT", "ETHUSDD"\. Did you mean/);
  }));

Deno.test("a market that the environment's file does not name is known by its records", () =>
  withArchive("demo", async (dir) => {
    const none = ["--from", "2026-08-01T05:00:00Z", "--to", "2026-08-01T06:00:00Z"];
    const registry = `${dir}/registry`;
    await copied(new URL("../../exchanges", import.meta.url).pathname, registry);
    const file = `${registry}/environments/demo.yaml`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.replaceAll("BTCUSD:", "BTCEUR:"));
    const asked = ["query", "trades", "--data", dir, "--dir", registry, "--symbol", "BTCUSD"];
    assert.equal((await ssmd(...asked, "--limit", "1")).code, 0);
    // There are none in the span, and some in the archive: it is not misspelt.
    const { code, err } = await ssmd(...asked, ...none);
    assert.deepEqual([code, err], [0, ""]);
  }));

async function copied(from: string, to: string): Promise<void> {
  await new Deno.Command("cp", { args: ["-r", from, to] }).output();
}
