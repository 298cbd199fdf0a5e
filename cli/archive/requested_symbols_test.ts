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
