import assert from "node:assert/strict";
import * as format from "./format.ts";

Deno.test("numbers are written so that they can be compared", () => {
  assert.equal(format.price(63005.1, 2), "63,005.10");
  assert.equal(format.price(null, 2), "–");
  assert.deepEqual([0.00123, 12.5, 1204, 1.2e6, 0].map(format.size), [
    "0.00123",
    "12.5",
    "1,204",
    "1.2M",
    "0",
  ]);
  assert.deepEqual([1e-7, 6.174e-7, 1.2e-12, 0.25, 3].map(format.decimalsOf), [7, 10, 12, 2, 0]);
  assert.deepEqual([123456789.1, 1234567, 9.9e11].map(format.size), ["123.5M", "1.235M", "990B"]);
  assert.deepEqual([0.01, 0.5, 1, 25, 1e-12].map(format.decimalText), [
    "0.01",
    "0.5",
    "1",
    "25",
    "0.000000000001",
  ]);
  assert.deepEqual([1e-9, 2e-8].map(format.size), ["0", "0.00000002"]);
});

Deno.test("a change has the direction that its text has: 0.00% has none", () => {
  assert.deepEqual([1.2, -0.5, 0.001, null].map(format.percentText), [
    "+1.20%",
    "−0.50%",
    "0.00%",
    "",
  ]);
  assert.deepEqual([1.2, -0.5, 0.001, null].map(format.percentText).map(format.directionOf), [
    "up",
    "down",
    "",
    "",
  ]);
});

Deno.test("named values stand on one line", () => {
  const values = { change: 0.000314053123, direction: "up", days: 0, jobs: [], of: null };
  assert.equal(
    format.valuesText(values),
    "change 0.000314053, direction up, days 0, jobs [], of null",
  );
});

Deno.test("spans, bytes and times are short", () => {
  assert.equal(format.spansText([3, 12, 80]), "3 · 12 · 80 ms");
  assert.equal(format.spansText([300, 1200, 5000]), "300 ms · 1.2 · 5.0 s");
  assert.equal(format.spansText([]), "");
  assert.deepEqual([4.25, 320, 4200, 59_000, 180_000, 18_720_000, 2e8].map(format.durationText), [
    "4.3 ms",
    "320 ms",
    "4.2 s",
    "59 s",
    "3 min",
    "5 h 12 min",
    "2 d",
  ]);
  assert.deepEqual([-7.42, -4200, -180_000].map(format.durationText), [
    "−7.4 ms",
    "−4.2 s",
    "−3 min",
  ]);
  assert.deepEqual([812, 4300, 4_194_304].map(format.bytes), ["812 B", "4.2 KiB", "4.0 MiB"]);
  const [now, before] = [Date.UTC(2026, 10, 25, 12), Date.UTC(2026, 10, 24, 23, 59, 1)];
  assert.equal(format.dayTime(now, now), "12:00:00");
  assert.equal(format.dayTime(before, now), "11-24 23:59:01");
});
