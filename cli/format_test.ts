import assert from "node:assert/strict";
import { isoOfUs } from "@ssmd/runtime";
import { bytesText, countText, durationText, isoOfMs, shareText, sortedBy } from "./format.ts";

Deno.test("sizes are binary units with one decimal, bytes without", () => {
  const shown = [0, 1023, 1024, 1536, 1024 ** 2 - 1, 5 * 1024 ** 3, 2 ** 70].map(bytesText);
  assert.deepEqual(shown.slice(0, 6), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "1.0 MiB",
    "5.0 GiB",
  ]);
  assert.match(shown[6] ?? "", /PiB$/);
});

Deno.test("times are ISO in UTC, to the microsecond where there are any", () => {
  assert.equal(isoOfUs(Date.parse("2026-08-01T02:53:50Z") * 1000), "2026-08-01T02:53:50.000000Z");
  assert.equal(
    isoOfUs(Date.parse("2026-08-01T02:53:50.646Z") * 1000 + 219),
    "2026-08-01T02:53:50.646219Z",
  );
  assert.equal(isoOfUs(-1), "1969-12-31T23:59:59.999999Z");
  assert.equal(isoOfMs(1500), "1970-01-01T00:00:01.500Z");
  assert.equal(isoOfMs(0), "1970-01-01T00:00:00Z");
});

Deno.test("spans show their two largest units", () => {
  const shown = [0, 250, 1000, 90_000, 3_600_000, 273_600_000, -90_000].map(durationText);
  assert.deepEqual(shown, ["0ms", "250ms", "1s", "1m 30s", "1h", "3d 4h", "-1m 30s"]);
});

Deno.test("counts agree with their noun", () => {
  assert.deepEqual(
    [countText(0, "feed"), countText(1, "feed"), countText(2, "entry", "entries")],
    ["0 feeds", "1 feed", "2 entries"],
  );
});

Deno.test("rows are sorted by several columns, absent values first, numbers by size", () => {
  const rows = [{ a: "b", n: 10 }, { a: "a", n: 10 }, { a: "b", n: 9 }, { a: null, n: 1 }];
  assert.deepEqual(sortedBy(rows, "a", "n").map(({ n }) => n), [1, 10, 9, 10]);
});

Deno.test("a share has its percent, and the time that is left where it is known", () => {
  assert.equal(shareText(0, 10, 5000), "0 %");
  assert.equal(shareText(3, 4, 9000), "75 %, 3s left");
  assert.equal(shareText(12, 10, 1000), "100 %, 0ms left");
});
