import assert from "node:assert/strict";
import { dayNamed } from "./day.ts";

const NOW_MS = Date.parse("2026-03-01T00:30:00Z");

Deno.test("a day is named by its date, or by how long ago it was", () => {
  const days = ["2026-02-28", "today", "yesterday", "0d", "7d"].map((text) =>
    dayNamed(text, NOW_MS)
  );
  assert.deepEqual(days, ["2026-02-28", "2026-03-01", "2026-02-28", "2026-03-01", "2026-02-22"]);
});

Deno.test("what is no day of the calendar is none", () => {
  for (const text of ["2026-02-29", "2026-2-1", "tomorrow", "7h", "-1d", "", "2026-13-01"]) {
    assert.equal(dayNamed(text, NOW_MS), undefined, text);
  }
});
