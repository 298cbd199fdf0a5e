import assert from "node:assert/strict";
import type { Gap } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import { TestArchive } from "../../history/testing/archived.ts";
import { withGateway } from "../../testing/gateway_rig.ts";

const HOUR_AGO_US = (Date.now() - 3_600_000) * 1000;

function gap(channel: Gap["channel"], sequence: number): Gap {
  return {
    ...{ type: "gap", symbol: "BTCUSD", feed: "kraken", sequence, channel, timestampUs: 0 },
    ...{ reason: "subscription", missed: null, detail: channel, recovered: false, toUs: 0 },
    ...{ fromUs: HOUR_AGO_US, receivedAtUs: HOUR_AGO_US + sequence },
  };
}

Deno.test("pages of gaps of one market and moment hold each of its channels once", async () => {
  const storage = memoryStorage();
  const channels = ["orderbook", "trade", "ticker"] as const;
  await new TestArchive(storage, "test", "kraken").write(channels.map((each, i) => gap(each, i)));
  await withGateway(
    async ({ get }) => {
      const found: string[] = [];
      let path: string | undefined = "/v1/gaps?symbol=BTCUSD&limit=1";
      while (path !== undefined) {
        const { body } = await get(path);
        for (const { channel } of body["gaps"] as Gap[]) found.push(channel);
        const { next } = body as { next?: string };
        path = next && `/v1/gaps?symbol=BTCUSD&limit=1&cursor=${next}`;
      }
      assert.deepEqual(found.sort(), [...channels].sort());
    },
    true,
    { storage },
  );
});
