import assert from "node:assert/strict";
import type { Gap } from "@ssmd/market";
import { DAY_US, historyRig, tradeAt } from "./testing/history_rig.ts";
import { StoredArchive } from "./stored_archive.ts";

const HOUR_US = 3600_000_000;

Deno.test("a gap over midnight, recorded when capture begins again, is one of both days", async () => {
  const { archive, market, reader } = historyRig();
  const [stopUs, startUs] = [DAY_US - 12 * HOUR_US, DAY_US + 12 * HOUR_US];
  const gap: Gap = {
    ...{ type: "gap", symbol: "_all", feed: "kraken", sequence: 2, channel: "all" },
    ...{ reason: "disconnect", missed: null, detail: "stopped", recovered: true, timestampUs: 0 },
    ...{ fromUs: stopUs, toUs: startUs, receivedAtUs: startUs },
  };
  await archive.write([tradeAt(DAY_US - 24 * HOUR_US, 1), tradeAt(stopUs, 2)]);
  await archive.write([gap, tradeAt(DAY_US + 24 * HOUR_US - 1, 3)]);
  const stored = new StoredArchive(archive.storage, "test");
  for (const fromUs of [DAY_US - 24 * HOUR_US, DAY_US]) {
    const [day, ...others] = await stored.days("kraken", fromUs, fromUs + 24 * HOUR_US);
    assert.deepEqual([day?.gaps.length, day?.quality, others], [1, 0.5, []]);
    const [found] = await reader.gapsOf(market, fromUs, fromUs + 24 * HOUR_US);
    assert.deepEqual([found?.fromUs, found?.toUs], [stopUs, startUs]);
  }
  assert.deepEqual(await reader.gapsOf(market, DAY_US - 24 * HOUR_US, stopUs), []);
});
