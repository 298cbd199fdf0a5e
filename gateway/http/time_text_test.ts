import assert from "node:assert/strict";
import { usOfTime } from "./time_text.ts";

const GOOD: [text: string, iso: string][] = [
  ["2026-11-25", "2026-11-25T00:00:00Z"],
  ["2026-11-25T01:02", "2026-11-25T01:02:00Z"],
  ["2026-11-25T01:02:03Z", "2026-11-25T01:02:03Z"],
  ["2026-11-25T01:02:03.5", "2026-11-25T01:02:03.500Z"],
  ["2026-11-25T01:02:03+02:00", "2026-11-24T23:02:03Z"],
  ["2026-11-25T01:02:03 02:00", "2026-11-24T23:02:03Z"],
  ["1795572000000", "2026-11-25T02:00:00Z"],
];

Deno.test("times are ISO 8601 or milliseconds, UTC where no offset is given", () => {
  for (const [text, iso] of GOOD) assert.equal(usOfTime(text), Date.parse(iso) * 1000, text);
  assert.equal(usOfTime("1795572000123.456"), 1795572000123456);
  assert.equal(
    usOfTime("2026-11-25T01:02:03.123456Z"),
    Date.UTC(2026, 10, 25, 1, 2, 3) * 1000 + 123456,
  );
});

Deno.test("what is no time is none", () => {
  const bad = [
    "",
    "now",
    "-1",
    "2026-13-01",
    "2026-02-30",
    "2025-02-29T10:00Z",
    "2026-11-31T01:02:03.5+02:00",
    "2026-11-25T25:00",
    "1e9",
    "0x10",
    "99999-01-01",
  ];
  for (const text of [...bad, "2026-11-25T01:02:03.1234567890Z"]) {
    assert.equal(usOfTime(text), undefined, text);
  }
});
