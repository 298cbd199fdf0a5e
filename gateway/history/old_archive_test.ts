import assert from "node:assert/strict";
import { historyRig, tradeAt } from "./testing/history_rig.ts";

Deno.test("an archive of years ago, as a recording makes it, is whole and not on its way", async () => {
  const { archive, market, reader } = historyRig();
  const atUs = Date.UTC(2019, 1, 28, 12) * 1000;
  await archive.write([tradeAt(atUs, 1), tradeAt(atUs + 1000, 2)]);
  const span = { fromUs: atUs, toUs: atUs + 1000 };
  const page = await reader.page({ market, type: "trade", order: "asc", limit: 9, ...span });
  assert.deepEqual([page.records.length, page.gaps], [1, []]);
  assert.deepEqual(await reader.gapsOf(market, span.fromUs, span.toUs), []);
});
