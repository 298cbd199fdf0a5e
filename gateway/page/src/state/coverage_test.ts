import assert from "node:assert/strict";
import { HOUR_MS, hoursOf, shareOf, shareText } from "./coverage.ts";
import type { GapEntry } from "./feed_health.ts";

const DAY_MS = Date.UTC(2026, 7, 1);
const MINUTE = 60_000;

function gap(from: number, to: number | null, more: Partial<GapEntry> = {}): GapEntry {
  const all = { symbol: "_all", channel: "all", feed: "kraken", reason: "disconnect", detail: "" };
  return { ...all, from: DAY_MS + from, to: to === null ? null : DAY_MS + to, ...NONE, ...more };
}
const NONE = { missed: null, recovered: true };

Deno.test("each hour has what was planned apart from what was not, and what is common once", () => {
  const gaps = [
    gap(50 * MINUTE, 70 * MINUTE),
    gap(55 * MINUTE, 65 * MINUTE, { reason: "sequence" }),
    gap(60 * MINUTE, 90 * MINUTE, { reason: "planned" }),
    gap(61 * MINUTE, 62 * MINUTE, { symbol: "BTCUSD" }),
    gap(0, 120 * MINUTE, { reason: "clock" }),
    gap(0, 120 * MINUTE, { reason: "not_archived_yet" }),
  ];
  const hours = hoursOf(DAY_MS, gaps, { sinceMs: DAY_MS, nowMs: DAY_MS + 2.5 * HOUR_MS });
  assert.deepEqual(
    hours.slice(0, 3).map(({ plannedMs, unplannedMs, partial }) => [
      plannedMs / MINUTE,
      unplannedMs / MINUTE,
      partial,
    ]),
    [[0, 10, 0], [20, 10, 1], [0, 0, 0]],
  );
  assert.deepEqual(hours[0]?.reasons, ["disconnect", "sequence"]);
  assert.deepEqual(hours.slice(0, 4).map(shareOf), [50 / 60, 30 / 60, 1, null]);
});

Deno.test("before a recording began and after now nothing was to be captured", () => {
  const recorded = { sinceMs: DAY_MS + 90 * MINUTE, nowMs: DAY_MS + 100 * MINUTE };
  const hours = hoursOf(DAY_MS, [gap(0, 95 * MINUTE)], recorded);
  assert.deepEqual(hours.slice(0, 3).map(shareOf), [null, 0.5, null]);
});

Deno.test("a share is told as whole only if it is", () => {
  assert.deepEqual([1, 0.99999, 0.5].map(shareText), ["100%", "99.9%", "50.0%"]);
});
