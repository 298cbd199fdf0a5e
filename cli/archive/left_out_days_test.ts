import assert from "node:assert/strict";
import { manifestKey } from "@ssmd/archive";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { folderStorage } from "@ssmd/storage";
import { ssmd, withArchive } from "../replay/_fixtures.ts";

const ID = { env: "demo", feed: "kraken", day: "2026-08-02" };
const NOTE = "note: kraken 2026-08-02 is left out. There are raw frames and no records: " +
  "reprocess the day. ssmd reprocess run --env demo --feed kraken --date 2026-08-02 --as v2, " +
  "then ssmd reprocess promote v2 --env demo --feed kraken --date 2026-08-02\n";

/** A folder with two days, the second without its manifest of records. */
async function withLostDay(test: (dir: string) => Promise<void>): Promise<void> {
  await withArchive("demo", async (dir) => {
    const storage = folderStorage(dir);
    await fillArchive(storage, "demo", ID.day);
    await storage.delete(manifestKey({ kind: "normalized", ...ID }));
    await storage.close();
    await test(dir);
  });
}

Deno.test("every reader tells of a day that has raw frames and no records", () =>
  withLostDay(async (dir) => {
    for (
      const command of [
        ["query", "select count(*) from trades", "--cache", `${dir}/cache`],
        ["query", "trades", "BTCUSD", "--limit", "1"],
        ["query", "trades", "--feed", "kraken", "--from", "2026-08-01", "--to", "2026-08-02"],
        ["data", "export", "--type", "trade", "--out", `${dir}/out`],
        ["data", "replay", "--feed", "kraken", "--speed", "max"],
      ]
    ) {
      const { code, out, err } = await ssmd(...command, "--data", dir, "--env", "demo");
      assert.deepEqual([code, out.length > 0], [0, true], err);
      assert.ok(err.startsWith(NOTE), `${command.join(" ")}: ${err}`);
    }
  }));

Deno.test("nothing is told of what is not asked for, nor made of raw frames", () =>
  withLostDay(async (dir) => {
    for (
      const command of [
        ["query", "trades", "BTCUSD", "--date", "2026-08-01", "--limit", "all"],
        ["query", "select 1", "--output", "csv"],
        ["query", "select count(*) from fires", "--cache", `${dir}/cache`, "--output", "csv"],
        ["data", "replay", "--feed", "kraken", "--date", "2026-08-01", "--speed", "max"],
      ]
    ) {
      const { code, err } = await ssmd(...command, "--data", dir, "--env", "demo");
      assert.deepEqual([code, err], [0, ""], command.join(" "));
    }
  }));
