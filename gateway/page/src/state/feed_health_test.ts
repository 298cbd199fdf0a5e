import assert from "node:assert/strict";
import { type GapEntry, quantileOf, shardsText, sumGaps } from "./feed_health.ts";

function gap(from: number, to: number | null, more: Partial<GapEntry> = {}): GapEntry {
  const names = {
    symbol: "_all",
    feed: "kraken",
    reason: "disconnect",
    channel: "all",
    detail: "",
  };
  return { ...names, from, to, missed: null, recovered: to !== null, ...more };
}

Deno.test("time that several gaps cover counts once, and one that is open lasts until now", () => {
  const gaps = [
    gap(0, 100),
    gap(50, 150, { symbol: "BTCUSD", reason: "checksum" }),
    gap(200, null),
    gap(60, 100, { channel: "status" }),
  ];
  assert.deepEqual(sumGaps(gaps, 230), { gaps: 4, reconnects: 2, lostMs: 180 });
  assert.deepEqual(sumGaps([], 230), { gaps: 0, reconnects: 0, lostMs: 0 });
});

Deno.test("a quantile of none is not known", () => {
  assert.equal(quantileOf([], 0.5), null);
  assert.equal(quantileOf([30, 1, 2], 0.5), 2);
  assert.equal(quantileOf([30, 1, 2], 0.99), 30);
});

Deno.test("shards are counted, and those that are away are named", () => {
  const of = (answers: boolean[]) => answers.map((each, n) => ({ shard: `s${n}`, answers: each }));
  assert.equal(shardsText([]), "none");
  assert.equal(shardsText(undefined), "none");
  assert.equal(shardsText(of([true, true])), "2 answer");
  assert.equal(shardsText(of([true, false, false])), "s1, s2 away");
});
