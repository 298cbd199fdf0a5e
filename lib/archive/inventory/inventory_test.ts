import assert from "node:assert/strict";
import { openGap, recoveredGap } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import {
  changedManifest,
  changeManifest,
  emptyManifest,
  expiredManifest,
  gapSpans,
  inventory,
  type InventoryQuery,
  type Manifest,
  type ManifestChange,
  type ManifestFile,
  type ManifestGap,
  manifestGap,
  manifestKey,
  manifestTimes,
  saveManifest,
} from "../mod.ts";

const FEED_ID = { env: "test", feed: "kraken" };
const NOW_US = Date.parse("2026-08-10T12:00:00Z") * 1000;
const HASH = "0".repeat(64);

function usOn(day: string, seconds: number): number {
  return Date.parse(`${day}T00:00:00Z`) * 1000 + seconds * 1e6;
}

async function put(
  storage: Storage,
  kind: Manifest["kind"],
  day: string,
  change: Partial<ManifestChange>,
): Promise<void> {
  const written = { writtenBy: "0.1.0+abc1234", nowUs: NOW_US };
  const manifest = emptyManifest({ kind, ...FEED_ID, day });
  await saveManifest(storage, changedManifest(manifest, { ...written, ...change }));
}

function trades(day: string, count: number): ManifestFile {
  const times = manifestTimes(usOn(day, 0), usOn(day, 100));
  return { key: `t-${day}`, type: "trade", count, bytes: 1000, sha256: HASH, ...times };
}

function rawFile(day: string, clock?: ManifestFile["clock"]): ManifestFile {
  const times = manifestTimes(usOn(day, 0), usOn(day, 100));
  const counts = { count: 12, frames: 10, binary: 1, events: 1 };
  return {
    key: `r-${day}`,
    ...counts,
    bytes: 500,
    sha256: HASH,
    ...times,
    ...(clock && { clock }),
  };
}

function gap(day: string, recovered: boolean) {
  return manifestGap({
    ...{ type: "gap", timestampUs: 0, symbol: "_all", feed: "kraken", sequence: 1 },
    ...{ reason: "disconnect", missed: null, detail: "reset", recovered, channel: "all" },
    receivedAtUs: usOn(day, recovered ? 30 : 11),
    fromUs: usOn(day, 10),
    toUs: recovered ? usOn(day, 30) : 0,
  });
}

/** Days 1 to 9 of August, each in another state. */
async function archive(): Promise<Storage> {
  const storage = memoryStorage();
  const complete = { status: "complete" } as const;
  const raw = (day: string) => put(storage, "raw", day, { files: [rawFile(day)] });
  await raw("2026-08-01");
  await put(storage, "normalized", "2026-08-01", {
    files: [trades("2026-08-01", 7)],
    symbols: 2,
    ...complete,
  });
  // The 2nd: nothing at all. The 3rd: watched, and nothing came.
  await put(storage, "normalized", "2026-08-03", complete);
  await put(storage, "normalized", "2026-08-04", {
    files: [trades("2026-08-04", 7)],
    gaps: [gap("2026-08-04", false), gap("2026-08-04", true)],
    ...complete,
  });
  await put(storage, "normalized", "2026-08-05", { files: [trades("2026-08-05", 7)] });
  await raw("2026-08-06");
  await put(storage, "normalized", "2026-08-07", { status: "failed" });
  await put(storage, "normalized", "2026-08-08", { ...complete });
  await storage.put(
    manifestKey({ kind: "normalized", ...FEED_ID, day: "2026-08-08" }),
    new Uint8Array(7),
  );
  await put(storage, "normalized", "2026-08-10", { files: [trades("2026-08-10", 7)] });
  return storage;
}

async function days(query: Partial<InventoryQuery> = {}) {
  return await inventory(await archive(), { env: "test", nowUs: NOW_US, ...query });
}

Deno.test("each day has the condition that its manifests give, and says why", async () => {
  const found = (await days()).map(({ day, condition, why }) => [day.slice(-2), condition, why]);
  assert.deepEqual(found, [
    ["01", "available", "All that was captured is here."],
    ["02", "missing", "Nothing is archived of this day."],
    ["03", "available", "Nothing came: the day is empty, not missing."],
    ["04", "degraded", "Gaps are recorded within it."],
    ["05", "partial", "The day is over and no archiver has completed it yet."],
    ["06", "partial", "There are raw frames and no records: reprocess the day."],
    ["07", "partial", "Its normalized files could not be written."],
    [
      "08",
      "partial",
      "normalized/test/kraken/v1/2026/08/08/manifest.json is damaged: " +
      (found[7]?.[2] ?? "").split("is damaged: ")[1],
    ],
    ["09", "missing", "Nothing is archived of this day."],
    ["10", "available", "All that was captured so far is here."],
  ]);
});

Deno.test("a day whose only gaps are stops on purpose is available, and says so", async () => {
  const storage = memoryStorage();
  const planned = { ...gap("2026-08-04", true), reason: "planned" } as const;
  const put4 = (gaps: ReturnType<typeof gap>[]) =>
    put(storage, "normalized", "2026-08-04", {
      ...{ files: [trades("2026-08-04", 7)], gaps, status: "complete" },
    });
  const query = { env: "test", nowUs: NOW_US, fromUs: usOn("2026-08-04", 0) };
  await put4([planned]);
  const [day] = await inventory(storage, query);
  assert.deepEqual([day?.condition, day?.gaps.length], ["available", 1]);
  assert.match(day?.why ?? "", /stopped on purpose/);
  await put4([planned, gap("2026-08-04", true)]);
  assert.equal((await inventory(storage, query))[0]?.condition, "degraded");
});

Deno.test("a break that goes on over a restart is one span, planned only if all of it was", async () => {
  const storage = memoryStorage();
  const opening = gap("2026-08-04", false);
  await put(storage, "normalized", "2026-08-04", {
    files: [trades("2026-08-04", 7)],
    gaps: [{ ...opening, reason: "planned" }, opening, gap("2026-08-04", true)],
    status: "complete",
  });
  const [day] = await inventory(storage, {
    ...{ env: "test", nowUs: NOW_US, fromUs: usOn("2026-08-04", 0) },
  });
  assert.deepEqual(day?.gaps.map(({ reason, isRecovered }) => [reason, isRecovered]), [
    ["disconnect", true],
  ]);
});

/** A stop at noon of the 4th until noon of `until`, recorded as capture begins again. */
async function stoppedOverNight(reason: "disconnect" | "planned", until: string) {
  const storage = memoryStorage();
  const [stopUs, startUs] = [usOn("2026-08-04", 43_200), usOn(until, 43_200)];
  const recorded = { ...gap(until, true), reason, from: `${stopUs}000`, to: `${startUs}000` };
  const half = (day: string, fromUs: number, toUs: number): ManifestFile => ({
    ...trades(day, 7),
    ...manifestTimes(fromUs, toUs),
  });
  const status = "complete" as const;
  await put(storage, "normalized", "2026-08-04", {
    ...{ files: [half("2026-08-04", usOn("2026-08-04", 0), stopUs)], status },
  });
  await put(storage, "normalized", until, {
    ...{ files: [half(until, startUs, usOn(until, 86_400))], gaps: [recorded], status },
  });
  return storage;
}

Deno.test("a gap over midnight is of both days, also when one of them is asked for", async () => {
  const storage = await stoppedOverNight("disconnect", "2026-08-05");
  const query = { env: "test", nowUs: NOW_US };
  const [fourth, fifth] = await inventory(storage, { ...query, toUs: usOn("2026-08-06", 0) });
  for (const day of [fourth, fifth]) {
    assert.deepEqual([day?.condition, day?.gaps.length, day?.quality], ["degraded", 1, 0.5]);
  }
  const spans = [[0, 86_400, fourth], [86_400, 172_800, fifth]] as const;
  for (const [from, to, day] of spans) {
    const [fromUs, toUs] = [usOn("2026-08-04", from), usOn("2026-08-04", to)];
    assert.deepEqual(await inventory(storage, { ...query, fromUs, toUs }), [day]);
  }
});

Deno.test("a stop over days is a gap of each of them; one on purpose leaves them available", async () => {
  const query = { env: "test", nowUs: NOW_US };
  const span = { fromUs: usOn("2026-08-06", 0), toUs: usOn("2026-08-07", 0) };
  const storage = await stoppedOverNight("disconnect", "2026-08-08");
  const [away] = await inventory(storage, { ...query, ...span });
  assert.deepEqual([away?.condition, away?.gaps.length], ["missing", 1]);
  const planned = await stoppedOverNight("planned", "2026-08-08");
  const [fourth] = await inventory(planned, { ...query, toUs: usOn("2026-08-05", 0) });
  assert.deepEqual([fourth?.condition, fourth?.gaps.length, fourth?.quality], ["available", 1, 1]);
});

Deno.test("a gap that is still open is one of the days since, as long as its market is wanted", async () => {
  const storage = memoryStorage();
  const opened = { ...gap("2026-08-08", false), symbol: "ETHUSD" };
  const files = (day: string) => ({ files: [trades(day, 7)], status: "complete" }) as const;
  await put(storage, "normalized", "2026-08-08", { ...files("2026-08-08"), gaps: [opened] });
  await put(storage, "normalized", "2026-08-09", { ...files("2026-08-09"), ordered: ["ETHUSD"] });
  await put(storage, "normalized", "2026-08-10", { ...files("2026-08-10"), ordered: ["BTCUSD"] });
  const found = await inventory(storage, { env: "test", nowUs: NOW_US });
  assert.deepEqual(found.map(({ gaps, condition }) => [gaps.length, condition]), [
    [1, "degraded"],
    [1, "degraded"],
    [0, "available"],
  ]);
});

/** Records of every day from the 4th to the 9th; `gaps` by the day that records them. */
async function wholeDays(gaps: Record<string, ManifestGap[]>): Promise<Storage> {
  const storage = memoryStorage();
  for (const n of [4, 5, 6, 7, 8, 9]) {
    const day = `2026-08-0${n}`;
    const own = gaps[day] === undefined ? {} : { gaps: gaps[day] };
    await put(storage, "normalized", day, {
      ...{ files: [trades(day, 7)], ordered: ["ETHUSD"], status: "complete", ...own },
    });
  }
  return storage;
}

/** Days with a gap, and the time of its end: asked for all at once, and one by one. */
async function daysWithGaps(storage: Storage) {
  const query = { env: "test", nowUs: NOW_US };
  const all = await inventory(storage, { ...query, toUs: usOn("2026-08-10", 0) });
  for (const day of all) {
    const fromUs = usOn(day.day, 0);
    const [alone] = await inventory(storage, { ...query, fromUs, toUs: fromUs + 86_400e6 });
    assert.deepEqual(alone, day);
  }
  return all.flatMap(({ day, gaps }) => gaps.map(({ toUs }) => [day.slice(-2), toUs]));
}

Deno.test("a gap over days that have records of other connections is one of each of them", async () => {
  const [fromUs, toUs] = [usOn("2026-08-05", 10), usOn("2026-08-08", 10)];
  const end = { ...gap("2026-08-08", true), from: `${fromUs}000`, to: `${toUs}000` };
  const expected = ["05", "06", "07", "08"].map((day) => [day, toUs]);
  const noted = await wholeDays({ "2026-08-05": [gap("2026-08-05", false)], "2026-08-08": [end] });
  assert.deepEqual(await daysWithGaps(noted), expected);
  const atItsEnd = await wholeDays({ "2026-08-08": [end] });
  assert.deepEqual(await daysWithGaps(atItsEnd), expected);
});

Deno.test("a gap of which no end is known is one of each later day, far from its start, too", async () => {
  const expected = ["05", "06", "07", "08", "09"].map((day) => [day, undefined]);
  for (const symbol of ["_all", "ETHUSD"]) {
    const storage = await wholeDays({ "2026-08-05": [{ ...gap("2026-08-05", false), symbol }] });
    assert.deepEqual(await daysWithGaps(storage), expected);
  }
});

Deno.test("a day's figures are those of its manifests; a gap and its recovery are one", async () => {
  const all = await days();
  const [first, missing] = all;
  assert.deepEqual(
    [first?.rawBytes, first?.normalizedBytes, first?.rawFrames, first?.records, first?.symbols],
    [500, 1000, 11, 7, 2],
  );
  assert.deepEqual(first?.byType, {
    trade: 7,
    ticker: 0,
    orderbook: 0,
    status: 0,
    gap: 0,
    fire: 0,
    action: 0,
  });
  assert.deepEqual([first.layout, first.archiveStatus, first.quality], ["windows", "complete", 1]);
  assert.deepEqual([missing?.layout, missing?.archiveStatus, missing?.quality], [
    "none",
    "none",
    null,
  ]);
  const degraded = all[3];
  assert.deepEqual(degraded?.gaps, [{
    ...{ symbol: "_all", reason: "disconnect", missed: null, isRecovered: true, detail: "reset" },
    channel: "all",
    fromUs: usOn("2026-08-04", 10),
    toUs: usOn("2026-08-04", 30),
  }]);
  assert.equal(degraded.quality, 0.8);
});

Deno.test("two connections that break at the same moment are two gaps, each with its end", () => {
  const day = "2026-08-04";
  const later = { ...gap(day, true), to: `${usOn(day, 40)}000` };
  const found = gapSpans([gap(day, false), gap(day, false), gap(day, true), later]);
  assert.deepEqual(found.map(({ toUs }) => toUs), [usOn(day, 30), usOn(day, 40)]);
});

Deno.test("clocks are told with the lines that they timed", async () => {
  const storage = memoryStorage();
  const day = "2026-08-01";
  const clock = { source: "chrony", status: "synchronized", offsetUs: -40 };
  const files = [rawFile(day, clock), { ...rawFile(day), key: "r2" }];
  await put(storage, "raw", day, { files: [...files, { ...rawFile(day, clock), key: "r3" }] });
  const [summary] = await inventory(storage, { env: "test", nowUs: NOW_US });
  assert.deepEqual(summary?.clocks, [
    { source: "chrony", status: "synchronized", lines: 24, offsetUsMax: 40 },
    { source: "unknown", status: "unknown", lines: 12, offsetUsMax: null },
  ]);
});

Deno.test("days on which nothing was expected are told only when there is something", async () => {
  const isExpected = (_feed: string, day: string) => day !== "2026-08-02" && day !== "2026-08-03";
  const found = (await days({ isExpected })).map(({ day }) => day);
  assert.ok(!found.includes("2026-08-02") && found.includes("2026-08-03"));
});

Deno.test("a span that is named is told whole, up to today", async () => {
  const found = await days({ fromUs: usOn("2026-07-30", 5), toUs: usOn("2026-09-01", 0) });
  assert.deepEqual([found[0]?.day, found.at(-1)?.day, found.length], [
    "2026-07-30",
    "2026-08-10",
    12,
  ]);
  assert.equal(found[0]?.condition, "missing");
});

Deno.test("an environment or feed that is not there is an error", async () => {
  await assert.rejects(days({ env: "tets" }), { code: "ARCHIVE_NOT_FOUND" });
  await assert.rejects(days({ feeds: ["kraen"] }), { hint: 'Did you mean "kraken"?' });
});

Deno.test("a day that retention removed is expired, not missing; raw that is gone is told", async () => {
  const storage = memoryStorage();
  const nowUs = usOn("2026-08-09", 0);
  for (const day of ["2026-08-01", "2026-08-02"]) {
    await put(storage, "raw", day, { files: [rawFile(day)] });
    await put(storage, "normalized", day, { files: [trades(day, 7)], status: "complete" });
    const kinds = day === "2026-08-01" ? ["raw", "normalized"] as const : ["raw"] as const;
    for (const kind of kinds) {
      await changeManifest(storage, { kind, ...FEED_ID, day }, {
        change: (manifest) => expiredManifest(manifest, { keptDays: 7, writtenBy: "test", nowUs }),
      });
    }
  }
  const found = await inventory(storage, {
    env: "test",
    nowUs: NOW_US,
    toUs: usOn("2026-08-03", 0),
  });
  const reported = "Expired by retention: 1 file removed on 2026-08-09, kept 7 days.";
  assert.deepEqual(found.map(({ day, condition, why }) => [day.slice(-2), condition, why]), [
    ["01", "expired", reported],
    ["02", "available", `All that was captured is here. Raw: ${reported}`],
  ]);
});

Deno.test("missing trades and tickers of one market are two gaps, each with its own end", () => {
  const from = usOn("2026-08-04", 10);
  const news = { feed: "kraken", symbol: "ETHUSD", reason: "subscription" } as const;
  const open = (channel: "trade" | "ticker") =>
    openGap({ ...news, channel, fromUs: from, atUs: from, missed: null, detail: channel });
  const [trade, ticker] = [open("trade"), open("ticker")];
  const records = [trade, ticker, recoveredGap(ticker, usOn("2026-08-04", 20))].map(manifestGap);
  assert.deepEqual(
    gapSpans(records).map(({ channel, isRecovered, toUs }) => [channel, isRecovered, toUs]),
    [["trade", false, undefined], ["ticker", true, usOn("2026-08-04", 20)]],
  );
});

Deno.test("a version made before some of the day's raw frames came is partial, until made again", async () => {
  const storage = memoryStorage();
  const day = "2026-08-09";
  const write = async (version: string | undefined, hours: number) => {
    const kind = version === undefined ? "raw" : "normalized";
    const id = { kind, ...FEED_ID, day, ...(version && { version }) } as const;
    const files = [version === undefined ? rawFile(day) : trades(day, 5)];
    const nowUs = NOW_US + hours * 3600e6;
    const change = { writtenBy: "0.1.0+abc1234", nowUs, files, status: "complete" } as const;
    await saveManifest(storage, changedManifest(emptyManifest(id), change));
  };
  const conditions = async () => {
    const found = ["v1", "v2"].map(async (version) => {
      const nowUs = NOW_US + 24 * 3600e6;
      const span = { fromUs: usOn(day, 0), toUs: usOn(day, 86_400), nowUs, version };
      return (await inventory(storage, { env: "test", ...span }))[0]?.condition;
    });
    return await Promise.all(found);
  };
  await write("v1", 0);
  await write("v2", 1);
  await write(undefined, 0);
  assert.deepEqual(await conditions(), ["available", "available"]);
  await write(undefined, 2);
  assert.deepEqual(await conditions(), ["available", "partial"]);
  await write("v2", 3);
  assert.deepEqual(await conditions(), ["available", "available"]);
});
