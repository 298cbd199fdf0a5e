import assert from "node:assert/strict";
import type { Gap } from "@ssmd/market";
import { silentLogger } from "@ssmd/runtime";
import type { FeedTurns } from "./feed_turns.ts";
import { StandbyWatch } from "./standby_watch.ts";

Deno.test("a dead channel, seen after a minute, goes to the one that has it; older losses stay", () => {
  const watch = new StandbyWatch({
    turns: { board: { hasInstead: () => true } } as unknown as FeedTurns,
    ...{ connections: [], isConnected: () => true, logger: silentLogger },
  });
  const lostS = (seconds: number, reason: Gap["reason"] = "subscription") =>
    watch.hasInstead({ reason, fromUs: 1_000_000_000 - seconds * 1e6 } as Gap, 1_000_000_000);
  assert.deepEqual([lostS(1), lostS(66), lostS(120)], [true, true, false]);
  // The other one cannot read it either.
  assert.equal(lostS(1, "parse"), false);
});
