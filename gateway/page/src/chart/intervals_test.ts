import assert from "node:assert/strict";
import { intervalFor } from "./intervals.ts";

Deno.test("under 3 minutes of history a candle is 1 s long, under 30 minutes 5 s", () => {
  const lengths = [0, 179_999, 180_000, 1_799_999, 1_800_000, 1e10].map(intervalFor);
  assert.deepEqual(lengths, ["1s", "1s", "5s", "5s", "1m", "1m"]);
});
