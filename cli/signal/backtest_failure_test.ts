import assert from "node:assert/strict";
import { ssmd, withArchive } from "../replay/_fixtures.ts";

function source(condition: string): string {
  return `import { builder, signal } from "@ssmd/signal";

const price = builder(() => {
  let last = NaN;
  return {
    get valid() {
      return last > 0;
    },
    get last() {
      return last;
    },
    apply: (record) => void (last = record.type === "trade" ? record.price : NaN),
    write: (to) => void to.number(last),
    read: (from) => void (last = from.number()),
  };
}, { types: ["trade"] });

export default signal({
  title: "Thrown",
  version: 1,
  on: { feeds: ["kraken"], symbols: ["*"] },
  params: {},
  state: { price },
  when: ({ price }) => {
    ${condition}
  },
  fire: () => ({}),
});
`;
}

async function tried(dir: string, condition: string, ...flags: string[]) {
  await Deno.writeTextFile(`${dir}/thrown.ts`, source(condition));
  return await ssmd("backtest", `${dir}/thrown.ts`, "--data", dir, "--output", "json", ...flags);
}

Deno.test("a backtest in which the signal threw or was stopped has exit code 1, and says so", () =>
  withArchive("demo", async (dir) => {
    const good = await tried(dir, "return price.last > 1;");
    assert.deepEqual([good.code, good.err, JSON.parse(good.out).ok], [0, "", true]);

    const threw = await tried(dir, 'throw new RangeError("too much");');
    assert.equal(threw.code, 1, threw.out);
    assert.match(threw.err, /thrown threw on 1 of 1 market .*kraken BTCUSD: RangeError: too much/);
    assert.match(threw.err, /hint:.*problem[^]*SIGNAL_THREW/);
    const { ok, problems } = JSON.parse(threw.out);
    assert.equal(ok, false);
    assert.match(problems.join("\n"), /BTCUSD: RangeError: too much/);

    const stopped = await tried(dir, "for (;;);");
    assert.equal(stopped.code, 1, stopped.out);
    assert.match(stopped.err, /thrown was stopped before the end: .*[^]*SIGNAL_QUARANTINED/);
  }));

Deno.test("a backtest over a span without records proves nothing, and says so with exit code 1", () =>
  withArchive("demo", async (dir) => {
    const spans = [["--from", "2031-01-01"], ["--date", "2020-01-01"], ["--symbol", "SOLUSD"]];
    for (const flags of spans) {
      const { code, err, out } = await tried(dir, "return price.last > 1;", ...flags);
      assert.equal(code, 1, `${flags}: ${out}${err}`);
      assert.match(err, /no records? .*kraken.*[^]*hint:.*data inventory[^]*BACKTEST_EMPTY/i);
      const { ok, instances } = JSON.parse(out);
      assert.deepEqual([ok, instances], [false, 0]);
    }
  }));
