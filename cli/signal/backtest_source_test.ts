import assert from "node:assert/strict";
import { ssmd, withArchive } from "../replay/_fixtures.ts";

/** Fires more often than its cooldown allows. */
const SIGNAL = `import { builder, signal } from "@ssmd/signal";

const odd = builder(() => {
  let count = 0;
  return {
    get valid() {
      return true;
    },
    get value() {
      return count % 2 === 1;
    },
    apply: () => void count++,
    write: (to) => void to.number(count),
    read: (from) => void (count = from.number()),
  };
}, { types: ["trade"] });

export default signal({
  title: "Odd trades",
  version: 1,
  on: { feeds: ["kraken"], symbols: ["*"] },
  params: {},
  state: { odd },
  when: ({ odd }) => odd.value,
  cooldown: "100ms",
  fire: () => ({}),
});
`;
const DAY = ["--date", "2026-08-01"];

async function digest(dir: string, ...flags: string[]): Promise<{ fires: number; sha256: string }> {
  const args = ["backtest", `${dir}/odd.ts`, "--output", "json", "--data", dir];
  const { out, err } = await ssmd(...args, ...flags);
  assert.equal(err, "");
  return JSON.parse(out);
}

Deno.test("before the archive's first day nothing ran: compared with live, all its fires count", () =>
  withArchive("demo", async (dir) => {
    await Deno.writeTextFile(`${dir}/odd.ts`, SIGNAL);
    const [all, compared] = [
      await digest(dir, ...DAY),
      await digest(dir, ...DAY, "--compare-live"),
    ];
    assert.ok(all.fires > 0);
    assert.deepEqual([compared.fires, compared.sha256], [all.fires, all.sha256]);
  }));
