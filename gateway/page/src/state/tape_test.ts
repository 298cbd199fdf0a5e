import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message } from "./message.ts";
import { Tape } from "./tape.ts";

function trade(seq: number, recv_ts = seq * 10): Message {
  return { type: "trade", price: 100 + seq, size: 1, side: "buy", ts: recv_ts - 1, recv_ts, seq };
}

/** Numbers of the trades, and marks as they are. */
function shown({ entries }: Tape): (number | string)[] {
  return entries.map((entry) => "mark" in entry ? entry.mark : entry.seq);
}

Deno.test("history and live trades meet without a trade twice or left out, whenever history comes", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(20), fc.nat(20), (last, skipped, when) => {
      const from = Math.min(last, skipped);
      const live = Array.from({ length: last }, (_, i) => trade(i + 1)).slice(from);
      const tape = new Tape();
      live.slice(0, when).forEach((message) => tape.take(message));
      // The answer was written after the subscription: it may know later trades than came so far.
      const known = Math.max(from, Math.min(last, from + when + 2));
      tape.takeHistory(Array.from({ length: known }, (_, i) => trade(i + 1)).reverse());
      live.slice(when).forEach((message) => tape.take(message));
      assert.deepEqual(shown(tape), Array.from({ length: last }, (_, i) => i + 1));
    }),
  ));

Deno.test("a mark stays where records are missing when history comes behind it", () => {
  const tape = new Tape();
  tape.take(trade(1));
  tape.mark("hole", 15);
  tape.take(trade(5));
  tape.takeHistory([trade(3), trade(2), trade(1)]);
  assert.deepEqual(shown(tape), [1, "hole", 2, 3, 5]);
});

Deno.test("views are given the live trades that they have not drawn", () => {
  const tape = new Tape();
  tape.take(trade(1));
  const before = tape.total;
  tape.mark("hole", 11);
  tape.take(trade(2));
  tape.take(trade(3));
  assert.deepEqual(tape.since(before).map(({ seq }) => seq), [2, 3]);
});

Deno.test("trades of a minute are counted as such only if the minute is known", () => {
  const tape = new Tape();
  assert.equal(tape.rateText(0), "");
  tape.mark("gap", 1);
  tape.take(trade(1, 1_000));
  tape.take(trade(2, 30_000));
  assert.equal(tape.rateText(60_000), "2 since 00:00:01");
  assert.equal(tape.rateText(61_000), "1 in the last minute");
  assert.equal(tape.rateText(90_000), "");
});
