import assert from "node:assert/strict";
import fc from "fast-check";
import { splitId } from "./message_id.ts";
import { RecentIds } from "./recent_ids.ts";

Deno.test("a new id is never taken for a known one", () => {
  const id = fc.oneof(
    fc.tuple(
      fc.constantFrom("run", "run-2", "r"),
      fc.oneof(fc.nat(300_000), fc.maxSafeNat()),
      fc.oneof(fc.nat(3), fc.nat(100_000)),
    ).map((parts) => parts.join("-")),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(id, { maxLength: 200 }), (ids) => {
    const recent = new RecentIds();
    const seen = new Set<string>();
    for (const id of ids) {
      if (recent.add(id)) seen.add(id);
      else assert.ok(seen.has(id), id);
    }
  }));
});

Deno.test("the last hundred thousand frames of a run are remembered", () => {
  const recent = new RecentIds();
  for (let n = 0; n < 300_000; n++) assert.equal(recent.add(`run-${n}-0`), true);
  for (let n = 200_000; n < 300_000; n++) assert.equal(recent.add(`run-${n}-0`), false);
});

Deno.test("an id is taken apart from its end", () => {
  const parts = { runLength: 0, frame: 0, index: 0 };
  assert.equal(splitId("2026-a-17-3", parts), true);
  assert.deepEqual(parts, { runLength: 6, frame: 17, index: 3 });
  for (const id of ["", "-", "a", "1-2", "a-1", "a--1", "a-1-", "a-x-1", "a-1-x", "-1-2"]) {
    assert.equal(splitId(id, parts), false, id);
  }
});
