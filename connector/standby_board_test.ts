import assert from "node:assert/strict";
import type { LeaseCell } from "@ssmd/runtime";
import { StandbyBoard } from "./standby_board.ts";

const NONE: ReadonlySet<string> = new Set();
const BREAK = { symbol: "_all", channel: "all", fromUs: 1_000 } as const;

/** Two boards on one cell, one that posts and one that looks, by a clock that the test moves. */
function pair() {
  let value: Uint8Array | undefined;
  const cell: LeaseCell = {
    read: () => Promise.resolve(value),
    write: (bytes) => {
      value = bytes;
      return Promise.resolve(true);
    },
  };
  const clock = { ms: 0 };
  const standby = new StandbyBoard(cell, "second", () => clock.ms);
  return { clock, standby, active: new StandbyBoard(cell, "first", () => clock.ms) };
}

Deno.test("who stands by is believed when it was heard anew, and for a few seconds", async () => {
  const { clock, standby, active } = pair();
  await standby.post({ lastGoodAtUs: 900, open: [] });
  await active.look();
  // It may be of yesterday.
  assert.equal(active.isBacked(NONE), false);
  await standby.post({ lastGoodAtUs: 900, open: [] });
  await active.look();
  assert.equal(active.isBacked(NONE), true);
  assert.equal(active.hasInstead(BREAK, NONE), true);
  clock.ms = 5_001;
  await active.look();
  assert.equal(active.hasInstead(BREAK, NONE), false);
});

Deno.test("a gap is given away only to one that has it whole, and all else that is here", async () => {
  const { standby, active } = pair();
  const say = async (lastGoodAtUs: number, open: string[]) => {
    await standby.post({ lastGoodAtUs, open });
    await active.look();
  };
  await say(0, []);
  await say(1_001, []);
  assert.equal(active.hasInstead(BREAK, NONE), false, "it began later");
  await say(900, ["_all all"]);
  assert.equal(active.hasInstead(BREAK, new Set(["_all all"])), false, "it misses the same");
  await say(900, ["A trade"]);
  assert.equal(active.hasInstead(BREAK, NONE), false, "it misses something else");
  assert.equal(active.hasInstead(BREAK, new Set(["A trade"])), true);
  assert.equal(active.hasMore(new Set(["A trade"])), false);
  assert.equal(active.hasMore(new Set(["A trade", "_all all"])), true);
});

Deno.test("a connector does not back itself, and one that misses too much says nothing", async () => {
  const { standby, active } = pair();
  for (let i = 0; i < 2; i++) {
    await active.post({ lastGoodAtUs: 0, open: [] });
    await active.look();
  }
  assert.equal(active.isBacked(NONE), false);
  await standby.post({
    lastGoodAtUs: 0,
    open: Array.from({ length: 201 }, (_, i) => `${i} trade`),
  });
  await active.look();
  assert.equal(active.isBacked(NONE), false);
});
