import { frameLine } from "@ssmd/archive/testing/raw_file";
import assert from "node:assert/strict";
import { dayOfUs, eventLine, feedPrefix, loadManifest, readRaw, readSealed } from "@ssmd/archive";
import {
  type Normalized,
  type Normalizer,
  type Translator,
  translatorOf,
  type Venue,
  VENUES,
} from "@ssmd/exchanges";
import type { MarketEvent } from "@ssmd/market";
import { EVENT_TYPES } from "@ssmd/market";
import { ArchiveError, ConfigError, VenueError } from "@ssmd/runtime";
import { folderStorage, memoryStorage, type Storage } from "@ssmd/storage";
import { bookTexts, RAW_FEED_ID, RawWriter, tradeText } from "../testing/raw_days.ts";
import { loadJob } from "./job.ts";
import { planReprocess, reprocess, type ReprocessOptions } from "./reprocess.ts";

const DAY_1 = Date.parse("2026-08-01T00:00:00Z") * 1000;
const SECOND_US = 1_000_000;
const HOUR_US = 3_600 * SECOND_US;
const MIDNIGHT_2 = DAY_1 + 24 * HOUR_US;
const DAYS = ["2026-08-01", "2026-08-02", "2026-08-03"];

/**
 * Two connections over three days: a book whose only snapshot stands on the first day, trades, a
 * break, a file that reaches over midnight, a frame of no use; and a restart on the third day.
 */
async function fill(storage: Storage): Promise<void> {
  const books = new RawWriter(storage, "m1abc", 1, { BTCUSD: "BTC/USD" });
  const trades = new RawWriter(storage, "m1abc", 2, { ETHUSD: "ETH/USD" });
  const frames = bookTexts(40);
  const book = (from: number, to: number, atUs: number) =>
    frames.slice(from, to).map((text, i) => frameLine(atUs + i * 100_000, text));
  await books.file([
    eventLine(DAY_1 + HOUR_US, "connect", "first"),
    ...book(0, 10, DAY_1 + HOUR_US + 5),
  ]);
  await books.file(book(10, 20, MIDNIGHT_2 - 450_000));
  await books.file(book(20, 30, MIDNIGHT_2 + HOUR_US));
  await books.file(book(30, 40, MIDNIGHT_2 + 25 * HOUR_US));
  const trade = (from: number, to: number, atUs: number) =>
    Array.from(
      { length: to - from },
      (_, i) => frameLine(atUs + i * 1000, tradeText("ETH/USD", from + i)),
    );
  await trades.file(trade(0, 20, DAY_1 + 2 * HOUR_US));
  await trades.file([
    eventLine(MIDNIGHT_2 + 5, "disconnect", "reset"),
    frameLine(MIDNIGHT_2 + 7, `{"channel":"nobody-knows"}`),
    ...trade(25, 40, MIDNIGHT_2 + SECOND_US),
  ]);
  const again = new RawWriter(storage, "m2abc", 1, { ETHUSD: "ETH/USD" });
  await again.file([
    eventLine(MIDNIGHT_2 + 30 * HOUR_US, "resumed", "killed", {
      fromUs: MIDNIGHT_2 + 2 * SECOND_US,
    }),
    ...trade(50, 60, MIDNIGHT_2 + 30 * HOUR_US + 10),
  ]);
}

function optionsFor(storage: Storage, more: Partial<ReprocessOptions> = {}): ReprocessOptions {
  return {
    ...{ storage, ...RAW_FEED_ID, version: "v2", from: DAYS[0] as string, to: DAYS[2] as string },
    software: { version: "0.1.0", commit: "abc1234" },
    tempDir: Deno.makeTempDirSync({ prefix: "ssmd-test-" }),
    ...more,
  };
}

async function run(storage: Storage, more: Partial<ReprocessOptions> = {}) {
  const options = optionsFor(storage, more);
  try {
    return await reprocess(options);
  } finally {
    await Deno.remove(options.tempDir ?? "", { recursive: true });
  }
}

/** The bytes of every sealed object of a version, by day and type. */
async function objectsOf(storage: Storage, version = "v2"): Promise<Record<string, string>> {
  const objects: Record<string, string> = {};
  for await (
    const { key } of storage.list(feedPrefix("normalized", "test", { feed: "kraken", version }))
  ) {
    if (!key.endsWith(".parquet")) continue;
    objects[key.replace(`/${version}/`, "/*/")] = (await storage.get(key)).toHex();
  }
  return objects;
}

async function recordsOf(storage: Storage, day: string, version = "v2"): Promise<MarketEvent[]> {
  const manifestId = { kind: "normalized", ...RAW_FEED_ID, version, day } as const;
  const manifest = await loadManifest(storage, manifestId);
  const events: MarketEvent[] = [];
  for (const file of manifest?.files ?? []) {
    for await (const batch of readSealed(storage, file)) events.push(...batch);
  }
  return events;
}

/** What a live connector gives for the lines: one translator a connection, from its first line on. */
async function* live(storage: Storage): AsyncGenerator<MarketEvent, void> {
  const connections = new Map<string, Translator>();
  const keys: string[] = [];
  for await (const { key } of storage.list("raw/")) if (key.endsWith(".zst")) keys.push(key);
  for (const key of keys) {
    let translator: Translator | undefined;
    for await (const line of readRaw(storage, key)) {
      if (line.kind === "capture") {
        const { connection } = line.info;
        translator = connections.get(connection) ??
          translatorOf(line.info, { day: DAYS[0] as string });
        connections.set(connection, translator);
      } else yield* translator?.line(line).events ?? [];
    }
  }
}

Deno.test("each day holds exactly what a connector gave that day, books of days before included", async () => {
  const storage = memoryStorage();
  await fill(storage);
  await run(storage);
  const expected = new Map<string, string[]>(DAYS.map((day) => [day, []]));
  for await (const event of live(storage)) {
    expected.get(dayOfUs(event.receivedAtUs))?.push(JSON.stringify(event));
  }
  for (const day of DAYS) {
    const found = (await recordsOf(storage, day)).map((event) => JSON.stringify(event));
    assert.deepEqual(found.sort(), expected.get(day)?.sort());
  }
});

Deno.test("a reprocess gives what the connections' lines say, each from its own beginning", async () => {
  const storage = memoryStorage();
  await fill(storage);
  const days = await run(storage);
  assert.deepEqual(days.map(({ day, action }) => [day, action]), DAYS.map((day) => [day, "make"]));
  const all = (await Promise.all(DAYS.map((day) => recordsOf(storage, day)))).flat();
  const counts = EVENT_TYPES.map((type) => all.filter((event) => event.type === type).length);
  // 45 trades; 40 book records and a snapshot on two midnights; disconnect and recovery, parse, missing trades …, resumed and recovery.
  assert.equal(counts[0], 45);
  assert.equal(counts[2], 42);
  const book = all.filter((event) => event.type === "orderbook");
  assert.ok(book.every(({ checksum }) => checksum === "verified"));
  // Trades, tickers and the life of pairs were subscribed on that connection as well and never came.
  const missing = all.filter((event) => event.type === "gap" && event.reason === "subscription");
  assert.deepEqual(missing.map((event) => event.type === "gap" && event.channel), [
    ...["trade", "ticker", "status"],
  ]);
  assert.deepEqual(
    [...book, ...missing].map(({ sequence }) => sequence).sort((a, b) => a - b),
    Array.from({ length: 45 }, (_, i) => i + 1),
  );
  const second = await recordsOf(storage, DAYS[1] as string);
  assert.equal(second.filter(({ type }) => type === "orderbook").length, 16);
  for (const day of DAYS) {
    const books = (await recordsOf(storage, day)).filter((event) => event.type === "orderbook");
    assert.deepEqual(books.map(({ kind }) => kind).indexOf("snapshot"), 0, day);
  }
  const manifestId = {
    kind: "normalized",
    ...RAW_FEED_ID,
    version: "v2",
    day: DAYS[1] as string,
  } as const;
  const manifest = await loadManifest(storage, manifestId);
  assert.equal(manifest?.status, "complete");
  assert.equal(manifest?.gaps.length, second.filter(({ type }) => type === "gap").length);
  assert.equal(manifest?.symbols, 2);
  assert.deepEqual((await loadJob(storage, { ...RAW_FEED_ID, version: "v2" }))?.progress, null);
});

Deno.test("day by day, a day alone, and all at once give the same bytes", async () => {
  const storage = memoryStorage();
  await fill(storage);
  await run(storage);
  const expected = await objectsOf(storage);
  assert.ok(Object.keys(expected).length >= 7);
  for (const day of DAYS) await run(storage, { version: "by-day", from: day, to: day });
  assert.deepEqual(await objectsOf(storage, "by-day"), expected);
  const third = DAYS[2] as string;
  await run(storage, { version: "alone", from: third, to: third });
  const alone = Object.entries(expected).filter(([key]) => key.includes("2026/08/03"));
  assert.deepEqual(await objectsOf(storage, "alone"), Object.fromEntries(alone));
});

Deno.test("threads give the same bytes", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-test-" });
  const storage = folderStorage(dir);
  await fill(storage);
  await run(storage);
  const expected = await objectsOf(storage);
  for (const count of [2, 3]) {
    const threads = { count, storage: { type: "local", path: dir } } as const;
    await run(storage, { version: `t${count}`, threads });
    assert.deepEqual(await objectsOf(storage, `t${count}`), expected);
  }
  await storage.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("what was made from the same raw files is kept; a day with new files is made again", async () => {
  const storage = memoryStorage();
  await fill(storage);
  await run(storage);
  const before = await objectsOf(storage);
  assert.deepEqual((await run(storage)).map(({ action }) => action), ["keep", "keep", "keep"]);
  const late = new RawWriter(storage, "m3abc", 1, { ETHUSD: "ETH/USD" });
  await late.file([frameLine(MIDNIGHT_2 + 47 * HOUR_US, tradeText("ETH/USD", 99))]);
  const plan = await planReprocess(optionsFor(storage));
  assert.deepEqual(plan.map(({ action }) => action), ["keep", "keep", "make"]);
  await run(storage);
  const after = await objectsOf(storage);
  const third = Object.keys(after).filter((key) => key.includes("2026/08/03"));
  assert.ok(third.every((key) => key.includes("day.2.")), third.join());
  for (const [key, bytes] of Object.entries(before)) {
    if (!key.includes("2026/08/03")) assert.equal(after[key], bytes);
  }
  await run(storage, { version: "fresh" });
  const fresh = await objectsOf(storage, "fresh");
  assert.deepEqual(Object.values(after), Object.values(fresh));
});

Deno.test("lines that raw does not have are a gap, and the day is partial", async () => {
  const storage = memoryStorage();
  const writer = new RawWriter(storage, "m1abc", 1, { ETHUSD: "ETH/USD" });
  const trade = (id: number) => frameLine(DAY_1 + id * SECOND_US, tradeText("ETH/USD", id));
  await writer.file([trade(1), trade(2)]);
  writer.skip(3);
  await writer.file([trade(121)]);
  await run(storage, { to: DAYS[0] as string });
  const records = await recordsOf(storage, DAYS[0] as string);
  const gap = records.find((event) => event.type === "gap" && event.reason === "disconnect");
  assert.ok(gap?.type === "gap");
  assert.match(gap.detail, /raw does not have lines 3 to 5/);
  const job = await loadJob(storage, { ...RAW_FEED_ID, version: "v2" });
  assert.equal(job?.days[DAYS[0] as string]?.whole, false);
  const manifestId = {
    kind: "normalized",
    ...RAW_FEED_ID,
    version: "v2",
    day: DAYS[0] as string,
  } as const;
  assert.equal((await loadManifest(storage, manifestId))?.status, "partial");
});

/** Kraken with one rule changed: no trade below a size is told. */
function changedKraken(sizeMin: number): Venue {
  const { kraken } = VENUES as { kraken: Venue };
  const [version] = kraken.normalizers as [Venue["normalizers"][number]];
  const create: typeof version.create = (options) => {
    const normalizer = version.create(options);
    const changed: Normalizer = Object.create(normalizer);
    for (
      const name of [
        ...["state", "restore", "connected", "disconnected", "dueUs", "tick", "snapshots"] as const,
      ]
    ) {
      Object.assign(changed, { [name]: normalizer[name].bind(normalizer) });
    }
    const isReported = (event: MarketEvent) => event.type !== "trade" || event.size >= sizeMin;
    const reported = (result: Normalized) => ({
      ...result,
      events: result.events.filter(isReported),
    });
    changed.normalize = (...frame) => reported(normalizer.normalize(...frame));
    changed.scanned = (...frame) => {
      const result = normalizer.scanned?.(...frame);
      return result && reported(result);
    };
    return changed;
  };
  return { ...kraken, normalizers: [version, { id: "kraken-big", from: "2026-08-02", create }] };
}

Deno.test("a changed normalizer changes what it should and nothing else", async () => {
  const storage = memoryStorage();
  await fill(storage);
  await run(storage);
  const venues = { kraken: changedKraken(0.05) };
  await run(storage, { version: "big", normalizer: "kraken-big", venues });
  for (const day of DAYS) {
    const plain = (events: readonly MarketEvent[]) =>
      events.map(({ sequence: _, ...rest }) => rest);
    const old = await recordsOf(storage, day);
    const wanted = old.filter((event) => event.type !== "trade" || event.size >= 0.05);
    assert.deepEqual(plain(await recordsOf(storage, day, "big")), plain(wanted));
  }
});

Deno.test("nothing that something else made is touched, and it is said by what", async () => {
  const storage = memoryStorage();
  await fill(storage);
  await run(storage);
  const code = (code: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof ArchiveError || error instanceof ConfigError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
  await assert.rejects(run(storage, { version: "v1" }), code("VERSION_NAME", /archiver/));
  await assert.rejects(run(storage, { version: "a/b" }), code("VERSION_NAME", /a\/b/));
  await assert.rejects(
    run(storage, { normalizer: "kraken-v2" }),
    code("VERSION_EXISTS", /normalizer by date \(now: kraken-v2\)/),
  );
  await assert.rejects(
    run(storage, { software: { version: "0.2.0", commit: "def" } }),
    code("VERSION_EXISTS", /software 0\.1\.0\+abc1234 \(now: 0\.2\.0\+def\)/),
  );
  await storage.put("normalized/test/kraken/strange/trade/x", new Uint8Array(1));
  await assert.rejects(
    run(storage, { version: "strange" }),
    code("VERSION_EXISTS", /no reprocess made it.*trade\/x/),
  );
  await assert.rejects(
    run(storage, { from: "2027-01-01", to: "2027-01-02" }),
    code("RAW_MISSING", /./),
  );
  await assert.rejects(
    run(storage, { version: "v3", normalizer: "kraken-v3" }),
    (error) => error instanceof VenueError && /Did you mean "kraken-v2"/.test(error.hint),
  );
});

Deno.test("a raw file that is not what its manifest names stops the run; the days before it are done", async () => {
  const storage = memoryStorage();
  await fill(storage);
  await run(storage, { version: "whole" });
  const expected = await objectsOf(storage, "whole");
  let key = "";
  for await (const found of storage.list("raw/test/kraken/2026/08/03/")) {
    if (found.key.endsWith(".zst")) key = found.key;
  }
  const bytes = await storage.get(key);
  const corrupt = bytes.slice();
  corrupt[corrupt.length - 9] = (corrupt[corrupt.length - 9] ?? 0) ^ 4;
  await storage.put(key, corrupt);
  await assert.rejects(
    run(storage),
    (error) => error instanceof ArchiveError && error.message.includes(key),
  );
  const job = await loadJob(storage, { ...RAW_FEED_ID, version: "v2" });
  assert.deepEqual(Object.keys(job?.days ?? {}), DAYS.slice(0, 2));
  assert.ok(job?.failure.includes(key));
  await storage.put(key, bytes);
  assert.deepEqual((await run(storage)).map(({ action }) => action), ["keep", "keep", "make"]);
  assert.deepEqual(await objectsOf(storage), expected);
});

Deno.test("two runs of a version do not run at once", async () => {
  const storage = memoryStorage();
  await fill(storage);
  const options = optionsFor(storage);
  let second: Promise<unknown> | undefined;
  // The first one is not over before the second one has come.
  const held: Storage = {
    ...storage,
    put: async (key, data) => {
      await second;
      await storage.put(key, data);
    },
  };
  await reprocess({
    ...options,
    storage: held,
    onDay: () => second ??= reprocess(options).catch((error) => error),
  });
  assert.equal(((await second) as { code?: string }).code, "REPROCESS_RUNNING");
  await Deno.remove(options.tempDir ?? "", { recursive: true });
});
