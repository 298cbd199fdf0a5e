import assert from "node:assert/strict";
import { readArchive } from "@ssmd/archive";
import { reprocess } from "@ssmd/dataset/reprocess";
import { type Normalizer, type Venue, VENUES } from "@ssmd/exchanges";
import type { MarketEvent } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "../testing/archive_fixtures.ts";
import { differenceLines } from "./view.ts";
import { diffVersions } from "./diff_versions.ts";

/** Kraken with one rule changed: trades above a size are told with no side. */
function withRule(sizeMax: number): Record<string, Venue> {
  const { kraken } = VENUES as { kraken: Venue };
  const [version] = kraken.normalizers as [Venue["normalizers"][number]];
  const withReport = (event: MarketEvent): MarketEvent =>
    event.type === "trade" && event.size > sizeMax ? { ...event, side: "unknown" } : event;
  const create: typeof version.create = (options) => {
    const normalizer = version.create(options);
    return new Proxy<Normalizer>(normalizer, {
      get: (target, name: keyof Normalizer) => {
        if (name === "scanner" || name === "scanned") return undefined;
        if (name !== "normalize") return target[name]?.bind(target);
        return (...args: Parameters<Normalizer["normalize"]>) => {
          const result = target.normalize(...args);
          return { ...result, events: result.events.map(withReport) };
        };
      },
    });
  };
  return {
    kraken: { ...kraken, normalizers: [version, { id: "no-side", from: "2026-08-01", create }] },
  };
}

async function made(storage: Storage, version: string, venues?: Record<string, Venue>) {
  const tempDir = await Deno.makeTempDir({ prefix: "ssmd-test-" });
  await reprocess({
    ...{
      storage,
      env: FEED_DAY.env,
      feed: FEED_DAY.feed,
      version,
      from: FEED_DAY.day,
      to: FEED_DAY.day,
    },
    ...{ tempDir, software: { version: "0.1.0", commit: "test" } },
    ...(venues === undefined ? {} : { venues, normalizer: "no-side" }),
  });
  await Deno.remove(tempDir, { recursive: true });
}

const DIFF = { env: FEED_DAY.env, feed: FEED_DAY.feed, days: [FEED_DAY.day] };

Deno.test("what the archiver wrote live and what raw gives again do not differ", async () => {
  const storage = memoryStorage();
  await fillArchive(storage);
  await made(storage, "v2");
  const diff = await diffVersions(storage, { ...DIFF, old: "v1", new: "v2" });
  assert.equal(diff.same, true);
  assert.deepEqual(diff.symbols, []);
  assert.ok(diff.types.every(({ old, same, renumbered }) => old === same && renumbered === 0));
  assert.ok(diff.schemas.every((schema) => schema.old === schema.new && schema.old !== ""));
  assert.deepEqual(differenceLines(diff), []);
});

Deno.test("one changed rule of a normalizer shows exactly where it holds", async () => {
  const storage = memoryStorage();
  await fillArchive(storage);
  await made(storage, "no-side", withRule(0.05));
  let above = 0;
  for await (const batch of readArchive(storage, { ...DIFF, version: "v1", types: ["trade"] })) {
    for (const event of batch) if (event.type === "trade" && event.size > 0.05) above++;
  }
  assert.ok(above > 100);
  const diff = await diffVersions(storage, { ...DIFF, old: "v1", new: "no-side" });
  assert.equal(diff.same, false);
  for (const { type, old, same, changed, onlyOld, onlyNew } of diff.types) {
    assert.deepEqual([onlyOld, onlyNew], [0, 0]);
    assert.deepEqual([changed, same], type === "trade" ? [above, old - above] : [0, old]);
  }
  const [symbol, ...others] = diff.symbols;
  assert.deepEqual([symbol?.symbol, symbol?.differences, others], ["BTCUSD", above, []]);
  for (const { fields } of symbol?.first ?? []) {
    assert.deepEqual(fields, [{ field: "side", old: "sell", new: "unknown" }]);
  }
  // Prices and sizes are spread as before: nothing of it is printed.
  assert.ok(differenceLines(diff).every((line) => !line.startsWith("trade.")));
});
