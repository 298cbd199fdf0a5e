import assert from "node:assert/strict";
import {
  changedManifest,
  dayOfUs,
  emptyManifest,
  manifestTimes,
  rawKey,
  saveManifest,
} from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { TestArchive } from "../history/testing/archived.ts";
import { withGateway } from "../testing/gateway_rig.ts";

const YESTERDAY_US = (Date.now() - 86_400_000) * 1000;
const DAY = dayOfUs(YESTERDAY_US);

/** Adds a raw file, of which no records were made. */
async function putRaw(storage: Storage, feed: string): Promise<void> {
  const key = rawKey({ env: "test", feed, atUs: YESTERDAY_US, connection: "m1-1" });
  const times = manifestTimes(YESTERDAY_US, YESTERDAY_US + 100);
  const counts = { count: 12, frames: 10, binary: 1, events: 1, bytes: 500 };
  const file = { key, ...counts, sha256: "0".repeat(64), ...times };
  const manifest = emptyManifest({ kind: "raw", env: "test", feed, day: DAY });
  const change = { files: [file], writtenBy: "0.1.0+abc1234", nowUs: YESTERDAY_US };
  await saveManifest(storage, changedManifest(manifest, change));
}

Deno.test("an answer names the feeds whose day has raw files and no records", async () => {
  const storage = memoryStorage();
  const trade: MarketEvent = {
    ...{ type: "trade", timestampUs: 0, receivedAtUs: YESTERDAY_US, symbol: "BTCUSD" },
    ...{ feed: "kraken", sequence: 1, run: 1, connection: 1 },
    ...{ price: 1, size: 1, side: "buy", tradeId: "" },
  };
  await new TestArchive(storage, "test", "kraken").write([trade]);
  for (const feed of ["kraken", "kalshi"]) await putRaw(storage, feed);
  await withGateway(
    async ({ gateway }) => {
      const ask = async (sql: string, date: string) => {
        const response = await fetch(`${gateway.url}/v1/admin/sql`, {
          ...{ method: "POST", headers: { "content-type": "application/json" } },
          body: JSON.stringify({ sql, date }),
        });
        return await response.json();
      };
      const { rows, left_out: [missing, ...others] } = await ask("select feed from trades", DAY);
      assert.deepEqual(rows, [["kraken"]]);
      assert.deepEqual([missing.feed, missing.day, others], ["kalshi", DAY, []]);
      assert.match(missing.why, /raw frames and no records/);
      // No record of these tables is made of raw frames, or the day is not over.
      const today = dayOfUs(Date.now() * 1000);
      for (
        const [sql = "", date = ""] of [["from fires", DAY], ["select 1", DAY], [
          "from trades",
          today,
        ]]
      ) {
        assert.deepEqual((await ask(sql, date)).left_out, [], sql);
      }
    },
    true,
    { storage },
  );
});
