import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import {
  changedManifest,
  changeManifest,
  dayOfUs,
  expiredManifest,
  loadActiveVersions,
  openManifest,
  readArchive,
  saveActiveVersions,
  saveManifest,
} from "../mod.ts";
import {
  FEED_ID,
  inOrder,
  MIDNIGHT_US,
  MINUTE_US,
  readAll,
  record,
  sealDay,
  writeWindows,
} from "./_fixtures.ts";

const SYMBOLS = ["BTCUSD", "ETHUSD", "SOLUSD", "_all"];
const TEMP = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(TEMP, { recursive: true }));

/** Records of three hours around the second midnight, many at the same time. */
const EVENTS = fc.array(
  fc.record({
    type: fc.constantFrom(...EVENT_TYPES),
    symbol: fc.constantFrom(...SYMBOLS),
    offset: fc.oneof(
      fc.integer({ min: 0, max: 4 }).map((minute) => minute * MINUTE_US),
      fc.integer({ min: 0, max: 3 * 60 * MINUTE_US }),
    ),
    sequence: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 120 },
).map((items) =>
  items.map(({ type, symbol, offset, sequence }) =>
    record(type, symbol, MIDNIGHT_US + 23 * 60 * MINUTE_US + offset, sequence)
  )
);

async function archiveOf(events: readonly MarketEvent[], sealed: readonly string[], seed: number) {
  const storage = memoryStorage();
  await writeWindows(storage, events, (_, i) => 1 + (i * seed) % 3);
  for (
    const [name, group] of Map.groupBy(
      events,
      ({ type, receivedAtUs }) => `${type} ${dayOfUs(receivedAtUs)}`,
    )
  ) {
    const { type, receivedAtUs } = group[0] as MarketEvent;
    if (sealed.includes(name)) await sealDay(storage, type, dayOfUs(receivedAtUs), group, TEMP);
  }
  return storage;
}

Deno.test("whatever windows and sealed days records lie in, they are read in one order", async () => {
  const days = ["2026-08-01", "2026-08-02"];
  const files = EVENT_TYPES.flatMap((type) => days.map((day) => `${type} ${day}`));
  await fc.assert(
    fc.asyncProperty(
      EVENTS,
      fc.subarray(files),
      fc.nat({ max: 50 }),
      fc.option(fc.subarray([...EVENT_TYPES], { minLength: 1 }), { nil: undefined }),
      fc.option(fc.subarray(SYMBOLS, { minLength: 1 }), { nil: undefined }),
      fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 200 })),
      async (events, sealed, seed, types, symbols, [from, length]) => {
        const storage = await archiveOf(events, sealed, seed);
        const fromUs = MIDNIGHT_US + (22 * 60 + from) * MINUTE_US;
        const toUs = fromUs + 1 + length * MINUTE_US;
        const query = { ...(types && { types }), ...(symbols && { symbols }) };
        const matching = inOrder(events).filter((each) =>
          (types?.includes(each.type) ?? true) && (symbols?.includes(each.symbol) ?? true)
        );
        assert.deepEqual(await readAll(storage, query), matching);
        assert.deepEqual(
          await readAll(storage, { ...query, fromUs, toUs }, { readAheadBytesMax: 1 }),
          matching.filter(({ receivedAtUs: us }) => us >= fromUs && us < toUs),
        );
      },
    ),
    { numRuns: 60 },
  );
});

/** Trades of four markets over three hours, more than one zstd frame a market. */
function manyTrades(count = 20_000): MarketEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const symbol = SYMBOLS[i % 7 % 4] ?? "";
    // Two connections, whose records come in each other's order.
    return record("trade", symbol, MIDNIGHT_US + i * 500_000 - (i % 2) * 700_000, i + 1);
  });
}

Deno.test("files of many frames are read in order, sealed or not, markets side by side", async () => {
  const events = manyTrades().filter(({ receivedAtUs }) => receivedAtUs >= MIDNIGHT_US);
  const storage = memoryStorage();
  await writeWindows(storage, events);
  assert.deepEqual(await readAll(storage), inOrder(events));
  await sealDay(storage, "trade", "2026-08-01", events, TEMP);
  assert.deepEqual(await readAll(storage), inOrder(events));
  // Ranges of a frame each.
  assert.deepEqual(await readAll(storage, {}, { readAheadBytesMax: 1 }), inOrder(events));
});

Deno.test("a minute in one file of many frames out of order is read in order", async () => {
  const events = Array.from(
    { length: 40_000 },
    (_, i) => record("trade", SYMBOLS[i % 4] ?? "", MIDNIGHT_US + (i * 7919) % MINUTE_US, i + 1),
  );
  const storage = memoryStorage();
  await writeWindows(storage, events);
  assert.deepEqual(await readAll(storage), inOrder(events));
});

Deno.test("files that are sealed while they are read are read in what takes their place", async () => {
  const events = manyTrades(4_000).filter(({ receivedAtUs }) => receivedAtUs >= MIDNIGHT_US);
  for (const after of [0, 1, 7]) {
    const storage = memoryStorage();
    await writeWindows(storage, events);
    const found: MarketEvent[] = [];
    let batches = 0;
    const options = { readAheadBytesMax: 1, requestsMax: 1 };
    for await (const batch of readArchive(storage, FEED_ID, options)) {
      found.push(...batch);
      if (batches++ === after) await sealDay(storage, "trade", "2026-08-01", events, TEMP);
    }
    assert.deepEqual(found, inOrder(events));
  }
});

Deno.test("a day that retention removes while it is read is an error, not a short day", async () => {
  const events = manyTrades(4_000).filter(({ receivedAtUs }) => receivedAtUs >= MIDNIGHT_US);
  const manifestId = { kind: "normalized", ...FEED_ID, day: "2026-08-01" } as const;
  const storage = memoryStorage();
  await writeWindows(storage, events);
  const remove = async () => {
    const { files } = await openManifest(storage, manifestId);
    const written = { keptDays: 7, writtenBy: "test", nowUs: MIDNIGHT_US };
    await changeManifest(storage, manifestId, {
      change: (manifest) => expiredManifest(manifest, written),
    });
    for (const { key } of files) await storage.delete(key);
  };
  let found = 0;
  const read = async () => {
    const options = { readAheadBytesMax: 1, requestsMax: 1 };
    for await (const batch of readArchive(storage, FEED_ID, options)) {
      if (found === 0) await remove();
      found += batch.length;
    }
  };
  await assert.rejects(read(), { code: "DAY_REMOVED" });
  assert.ok(found > 0 && found < events.length, `${found}`);
  // From now on it is a day without records.
  assert.deepEqual(await readAll(storage), []);
});

Deno.test("days and spans without records are empty, what is not in the archive is an error", async () => {
  const storage = memoryStorage();
  await writeWindows(storage, [record("trade", "BTCUSD", MIDNIGHT_US, 1)]);
  assert.deepEqual(await readAll(storage, { fromUs: MIDNIGHT_US + 1 }), []);
  assert.deepEqual(await readAll(storage, { types: ["gap"] }), []);
  assert.deepEqual(await readAll(storage, { symbols: ["NOBODY"] }), []);
  const read = (query: { env: string; feed: string; version?: string }) =>
    Array.fromAsync(readArchive(storage, query));
  await assert.rejects(read({ env: "tets", feed: "kraken" }), {
    code: "ARCHIVE_NOT_FOUND",
    message: 'There is no archive of the environment "tets" in "memory"',
    hint: 'Did you mean "test"?',
  });
  await assert.rejects(read({ env: "test", feed: "krakn" }), { hint: 'Did you mean "kraken"?' });
  await assert.rejects(read({ ...FEED_ID, version: "v3" }), {
    message: /no version "v3" of test\/kraken/,
    hint: 'Did you mean "v1"?',
  });
});

/** Has a day read in a version of its own, which holds the trades as they are. */
async function promote(storage: Storage, day: string): Promise<void> {
  const live = await openManifest(storage, { kind: "normalized", ...FEED_ID, day });
  const made = await openManifest(storage, { kind: "normalized", ...FEED_ID, day, version: "v2" });
  const files = live.files.filter(({ type }) => type === "trade");
  const written = { writtenBy: "0.1.0+abc1234", nowUs: MIDNIGHT_US };
  await saveManifest(storage, changedManifest(made, { files, ...written }));
  const active = await loadActiveVersions(storage, FEED_ID.env, FEED_ID.feed);
  await saveActiveVersions(storage, { ...active, days: { ...active.days, [day]: "v2" } });
}

Deno.test("of a day that is read in a version made from raw, fires are those of the live run", async () => {
  const types = ["trade", "ticker", "fire"] as const;
  const events = [0, 1440].flatMap((minute) =>
    types.map((type, i) => record(type, "BTCUSD", MIDNIGHT_US + minute * MINUTE_US + i, i + 1))
  );
  const storage = memoryStorage();
  await writeWindows(storage, events);
  await promote(storage, "2026-08-01");
  const ofDay = { fromUs: MIDNIGHT_US, toUs: MIDNIGHT_US + 1440 * MINUTE_US };
  for (const span of [{}, { ...ofDay, toUs: ofDay.toUs + 1440 * MINUTE_US }]) {
    // The version has no tickers.
    const expected = events.toSpliced(1, 1);
    assert.deepEqual(await readAll(storage, span), inOrder(expected));
    const fires = expected.filter(({ type }) => type === "fire");
    assert.deepEqual(await readAll(storage, { ...span, types: ["fire"] }), fires);
  }
  assert.deepEqual(await readAll(storage, { version: "v2", types: ["fire"] }), []);
  const sealed = events.slice(2, 3);
  await sealDay(storage, "fire", "2026-08-01", sealed, TEMP);
  assert.deepEqual(await readAll(storage, { ...ofDay, types: ["fire"] }), sealed);
});

Deno.test("a query that cannot be meant is refused", async () => {
  const storage: Storage = memoryStorage();
  for (
    const query of [
      { types: [] },
      { symbols: [] },
      { types: ["trades" as "trade"] },
      { fromUs: 2, toUs: 2 },
      { fromUs: NaN },
      { toUs: 1e30 },
    ]
  ) await assert.rejects(readAll(storage, query), { code: "QUERY_INVALID" });
});

Deno.test("a reader that stops early leaves nothing behind", async () => {
  const storage = memoryStorage();
  await writeWindows(storage, manyTrades(4_000).slice(2));
  for await (const batch of readArchive(storage, FEED_ID)) {
    assert.ok(batch.length > 0);
    break;
  }
});
