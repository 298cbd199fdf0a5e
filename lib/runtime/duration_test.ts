import assert from "node:assert/strict";
import { formatDurationMs, parseDurationMs } from "./duration.ts";
import { ConfigError } from "./errors.ts";

Deno.test("a duration is a number with a unit, in whole milliseconds", () => {
  const read = ["1ms", "500ms", "1.5s", "2m", "24h", "7d", "30 s", "0.6ms"].map(parseDurationMs);
  assert.deepEqual(read, [1, 500, 1500, 120_000, 86_400_000, 604_800_000, 30_000, 1]);
});

Deno.test("a duration is written in the largest unit that needs no fraction", () => {
  const texts = ["1ms", "1500ms", "2m", "90s", "36h", "7d"];
  assert.deepEqual(texts.map((text) => formatDurationMs(parseDurationMs(text))), texts);
});

Deno.test("no length, no unit and what is too long to count are refused with what is allowed", () => {
  for (
    const text of ["", "0s", "0.1ms", "5", "-5s", "1e3s", "s", "5 min", "5M", "99999999999999d"]
  ) {
    assert.throws(() => parseDurationMs(text), (error) => {
      assert.ok(error instanceof ConfigError, text);
      assert.equal(error.code, "DURATION_INVALID");
      assert.match(error.message, /500ms, 30s, 2m, 24h or 7d/);
      return true;
    });
  }
});
