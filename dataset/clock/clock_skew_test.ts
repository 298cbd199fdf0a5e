import assert from "node:assert/strict";
import { readArchive } from "@ssmd/archive";
import { FEED_DAY, fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { memoryStorage } from "@ssmd/storage";
import { clockSkew } from "./clock_skew.ts";

Deno.test("the skew of a day is that of its sorted delays", async () => {
  const storage = memoryStorage();
  await fillArchive(storage);
  const { env, feed, day } = FEED_DAY;
  const delaysUs: number[] = [];
  const query = { env, feed, version: "v1", fromUs: 0, toUs: Date.UTC(2100, 0) * 1000 };
  for await (
    const batch of readArchive(storage, { ...query, types: ["trade", "ticker", "orderbook"] })
  ) {
    for (const { timestampUs, receivedAtUs } of batch) {
      if (timestampUs !== 0) delaysUs.push(receivedAtUs - timestampUs);
    }
  }
  delaysUs.sort((a, b) => a - b);
  const msAt = (share: number) =>
    Math.max(
      -60_000,
      Math.min(
        60_000,
        Math.round((delaysUs[Math.ceil(share * delaysUs.length) - 1] ?? NaN) / 1000),
      ),
    );
  assert.ok(delaysUs.length > 10, `${delaysUs.length} delays`);
  assert.deepEqual(await clockSkew(storage, { env, feed, day, version: "v1" }), {
    ...{ feed, day, records: delaysUs.length, early: delaysUs.filter((us) => us < 0).length },
    ...{ leastUs: delaysUs[0], medianMs: msAt(0.5), p99Ms: msAt(0.99) },
  });
});
