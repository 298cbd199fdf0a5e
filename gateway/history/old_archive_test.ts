import assert from "node:assert/strict";
import {
  changedManifest,
  emptyManifest,
  manifestTimes,
  rawKey,
  saveManifest,
  usOfDay,
} from "@ssmd/archive";
import { memoryStorage } from "@ssmd/storage";
import { StoredArchive } from "./stored_archive.ts";
import { historyRig, tradeAt } from "./testing/history_rig.ts";
import { gapHints } from "../rest/history_hints.ts";

Deno.test("an archive of years ago, as a recording makes it, is whole and not on its way", async () => {
  const { archive, market, reader } = historyRig();
  const atUs = Date.UTC(2019, 1, 28, 12) * 1000;
  await archive.write([tradeAt(atUs, 1), tradeAt(atUs + 1000, 2)]);
  const span = { fromUs: atUs, toUs: atUs + 1000 };
  const page = await reader.page({ market, type: "trade", order: "asc", limit: 9, ...span });
  assert.deepEqual([page.records.length, page.gaps], [1, []]);
  assert.deepEqual(await reader.gapsOf(market, span.fromUs, span.toUs), []);
});

Deno.test("a day that has raw frames and no records is told as a gap of that day", async () => {
  const storage = memoryStorage();
  const [env, feed, day] = ["test", "kraken", "2019-02-27"];
  const atUs = usOfDay(day);
  const times = manifestTimes(atUs, atUs + 100);
  const counts = { count: 10, frames: 10, binary: 0, events: 0, bytes: 500 };
  const key = rawKey({ env, feed, atUs, connection: "m1-1" });
  const change = { files: [{ key, ...counts, ...times, sha256: "0".repeat(64) }] };
  await saveManifest(
    storage,
    changedManifest(emptyManifest({ kind: "raw", env, feed, day }), {
      ...{ ...change, writtenBy: "0.1.0+abc1234", nowUs: atUs },
    }),
  );
  const archive = new StoredArchive(storage, env);
  const dayUs = 86_400_000_000;
  for (const [fromUs, toUs] of [[atUs, atUs + dayUs], [0, atUs + 300 * dayUs]] as const) {
    const found = await archive.days(feed, fromUs, toUs);
    assert.deepEqual(found.map(({ day, status, records }) => [day, status, records]), [
      [day, "partial", 0],
    ]);
    const [gap] = found[0]?.gaps ?? [];
    assert.deepEqual([gap?.fromUs, gap?.toUs, gap?.symbol], [atUs, atUs + dayUs, "_all"]);
    // Not damage: `ssmd archive verify` would find nothing.
    assert.equal(gap?.reason, "no_records");
    assert.match(gapHints(found[0]?.gaps ?? []).join(" "), /ssmd reprocess run/);
    assert.match(gap?.detail ?? "", /raw frames and no records[^]*ssmd reprocess run/);
  }
  assert.deepEqual(await archive.days(feed, atUs - dayUs, atUs), []);
});
