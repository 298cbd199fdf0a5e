import assert from "node:assert/strict";
import type { Turn } from "@ssmd/market";
import { countedTurn, countsTurns } from "./counted_turns.ts";
import type { ConnectionCheckpoint, CountedTurn } from "./segment.ts";

const SECOND_US = 1_000_000;

/** Whether a segment opened at a second, by a translator that knew `turn`, can be replayed from. */
function counts(
  turns: readonly Turn[],
  { openedS, turn, lines = 5 }: {
    openedS: number;
    turn?: CountedTurn | null | undefined;
    lines?: number;
  },
): boolean {
  const checkpoint = { turn, linesBefore: lines } as ConnectionCheckpoint;
  return countsTurns(
    { run: "a", openedUs: openedS * SECOND_US, connections: [checkpoint] },
    turns,
  );
}

const FIRST: Turn = { run: "a", fromUs: 100 * SECOND_US };
const OTHER: Turn = {
  run: "b",
  fromUs: 200 * SECOND_US,
  after: { run: "a", connection: 1, atUs: 199 * SECOND_US, sequence: 9, turnFromUs: FIRST.fromUs },
};

Deno.test("a segment opened in a turn before it was taken does not count its records", () => {
  assert.equal(counts([FIRST], { openedS: 103, turn: null }), false);
  assert.equal(counts([FIRST], { openedS: 107, turn: { fromUs: FIRST.fromUs } }), true);
  // The trades of the ten seconds before it are its own too.
  assert.equal(counts([FIRST], { openedS: 91, turn: null }), false);
  assert.equal(counts([FIRST], { openedS: 90, turn: null }), true);
});

Deno.test("a segment opened before the end of its turn was known counts what is behind it", () => {
  const going = { fromUs: FIRST.fromUs };
  assert.equal(counts([FIRST, OTHER], { openedS: 198, turn: going }), true);
  assert.equal(counts([FIRST, OTHER], { openedS: 203, turn: going }), false);
  assert.equal(counts([FIRST, OTHER], { openedS: 203, turn: { ...going, endUs: 199e6 } }), true);
  // Given away, but not taken: the turn went on.
  assert.equal(counts([FIRST], { openedS: 203, turn: { ...going, endUs: 199e6 } }), false);
});

Deno.test("a segment counts a second turn when it was opened after that was taken", () => {
  const again: Turn = { run: "a", fromUs: 300 * SECOND_US };
  const turns = [FIRST, OTHER, again];
  assert.equal(
    counts(turns, { openedS: 304, turn: { fromUs: FIRST.fromUs, endUs: 199e6 } }),
    false,
  );
  assert.equal(counts(turns, { openedS: 304, turn: { fromUs: again.fromUs } }), true);
});

Deno.test("a connection without earlier lines, and a version without turns, count everything", () => {
  assert.equal(counts([FIRST], { openedS: 103, turn: null, lines: 0 }), true);
  assert.equal(counts([FIRST], { openedS: 103, turn: undefined }), true);
  assert.equal(countedTurn(undefined), undefined);
  assert.equal(countedTurn([]), null);
});
