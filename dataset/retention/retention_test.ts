import assert from "node:assert/strict";
import {
  changedManifest,
  changeManifest,
  loadManifest,
  type ManifestStatus,
  openManifest,
  saveManifest,
} from "@ssmd/archive";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { expireDay } from "./apply_retention.ts";
import { planRetention } from "./plan_retention.ts";

const FEED_DAY = { env: "test", feed: "kraken", day: "2026-08-01" } as const;
const NORMALIZED = { kind: "normalized", ...FEED_DAY } as const;
const RAW = { kind: "raw", ...FEED_DAY } as const;
const us = (day: string) => Date.parse(`${day}T00:00:00Z`) * 1000;
const apply = { writtenBy: "test", nowUs: () => us("2026-09-01") };

/** A day of each kind with a file, as far as retention looks at it; raw as connectors leave it. */
async function putDay(
  storage: Storage,
  { status = "complete", sealed = true }: { status?: ManifestStatus; sealed?: boolean } = {},
): Promise<void> {
  const file = (key: string) => ({
    ...{ key, count: 7, bytes: 100, sha256: "0".repeat(64), from: "1000", to: "2000" },
    ...{ fromTime: "", toTime: "" },
  });
  const keys = {
    raw: "raw/test/kraken/2026/08/01/00/00-m1-1.jsonl.zst",
    normalized: "normalized/test/kraken/v1/trade/2026/08/01/day.parquet",
  };
  for (const key of Object.values(keys)) await storage.put(key, new Uint8Array(100));
  await saveManifest(
    storage,
    changedManifest(await openManifest(storage, RAW), {
      ...{ files: [file(keys.raw)], writtenBy: "w", nowUs: 1 },
    }),
  );
  const entry = { symbols: 1, indexBytes: 10, indexSha256: "0".repeat(64) };
  await saveManifest(
    storage,
    changedManifest(await openManifest(storage, NORMALIZED), {
      files: [{
        ...file(keys.normalized),
        type: "trade",
        ...(sealed ? { sealed: entry } : {}),
      }],
      ...{ status, writtenBy: "w", nowUs: 1 },
    }),
  );
}

async function planned(storage: Storage, retention: object, now = "2026-09-01") {
  const days = await planRetention({ storage, env: "test", retention, nowUs: us(now) });
  return days.map(({ kind, day, state }) => `${kind} ${day} ${state}`);
}

Deno.test("a day is old when it ended as many days ago as it is kept", async () => {
  const storage = memoryStorage();
  await putDay(storage);
  assert.deepEqual(await planned(storage, { raw_days: 10 }, "2026-08-11"), []);
  assert.deepEqual(await planned(storage, { raw_days: 10 }, "2026-08-12"), ["raw 2026-08-01 due"]);
  assert.deepEqual(await planned(storage, {}), []);
  assert.deepEqual(await planned(storage, { raw_days: 1, normalized_days: 1 }), [
    "raw 2026-08-01 due",
    "normalized 2026-08-01 due",
  ]);
});

Deno.test("what is open, not sealed or not complete is kept, and raw with it", async () => {
  const cases = [{ status: "open" }, { sealed: false }, { status: "partial" }] as const;
  for (const each of cases) {
    const storage = memoryStorage();
    await putDay(storage, each);
    assert.deepEqual(await planned(storage, { raw_days: 1, normalized_days: 1 }), [
      "raw 2026-08-01 kept",
      "normalized 2026-08-01 kept",
    ]);
    const retention = { raw_days: 1 };
    const [raw] = await planRetention({ storage, env: "test", retention, nowUs: us("2026-09-01") });
    assert.ok(raw);
    assert.match(raw.why, /normalized test\/kraken of 2026-08-01 is/);
    await assert.rejects(expireDay(raw, { storage, ...apply }), { code: "DAY_KEPT" });
  }
});

Deno.test("raw without archived records is kept", async () => {
  const storage = memoryStorage();
  await putDay(storage);
  await storage.delete("normalized/test/kraken/v1/2026/08/01/manifest.json");
  assert.deepEqual(await planned(storage, { raw_days: 1 }), ["raw 2026-08-01 kept"]);
});

Deno.test("a removed day has no file, and its manifest says what was there", async () => {
  const storage = memoryStorage();
  await putDay(storage);
  const options = { storage, env: "test", retention: { raw_days: 1, normalized_days: 1 } };
  for (const day of await planRetention({ ...options, nowUs: us("2026-09-01") })) {
    await expireDay(day, { storage, ...apply });
  }
  const left = (await Array.fromAsync(storage.list(""))).map(({ key }) => key);
  assert.deepEqual(left, [
    "normalized/test/kraken/v1/2026/08/01/manifest.json",
    "raw/test/kraken/2026/08/01/manifest.json",
  ]);
  const manifest = await loadManifest(storage, RAW);
  assert.deepEqual(manifest?.expired, {
    ...{ at: "2026-09-01T00:00:00.000000Z", keptDays: 1, files: 1, count: 7, bytes: 100 },
  });
  assert.deepEqual([manifest?.files, manifest?.retired, manifest?.count], [[], undefined, 0]);
  assert.deepEqual(await planned(storage, { raw_days: 1, normalized_days: 1 }), []);
});

Deno.test("broken off anywhere, the next call finishes, and no manifest names what is gone", async () => {
  // How many operations on storage a whole removal takes is not known: until one ends by itself.
  for (let allowed = 0;; allowed++) {
    const storage = memoryStorage();
    await putDay(storage);
    const options = { storage, env: "test", retention: { raw_days: 1 }, nowUs: us("2026-09-01") };
    const [day] = await planRetention(options);
    assert.ok(day);
    const broken = breakingAfter(storage, allowed);
    const finished = await expireDay(day, { storage: broken, ...apply }).then(
      () => true,
      () => false,
    );
    for (const { key } of (await loadManifest(storage, RAW))?.files ?? []) {
      assert.ok(await storage.head(key), key);
    }
    for (const left of await planRetention(options)) await expireDay(left, { storage, ...apply });
    assert.deepEqual(await Array.fromAsync(storage.list("raw/"), ({ key }) => key), [
      "raw/test/kraken/2026/08/01/manifest.json",
    ]);
    if (finished) return assert.equal(allowed, 3);
  }
});

/** A storage whose writes fail behind as many as are allowed. */
function breakingAfter(storage: Storage, allowed: number): Storage {
  let left = allowed;
  const step = () => {
    if (left-- <= 0) throw new TypeError("broken off");
  };
  return {
    ...{ type: storage.type, location: storage.location },
    get: (key) => storage.get(key),
    getRange: (key, start, end) => storage.getRange(key, start, end),
    head: (key) => storage.head(key),
    list: (prefix) => storage.list(prefix),
    close: () => storage.close(),
    put: async (key, data) => {
      step();
      await storage.put(key, data);
    },
    delete: async (key) => {
      step();
      await storage.delete(key);
    },
  };
}

Deno.test("with a reason a day goes all the same, but never one that is open", async () => {
  const cases = [
    { status: "partial", kind: NORMALIZED, retention: { normalized_days: 1 } },
    { status: "open", kind: NORMALIZED, retention: { normalized_days: 1 } },
    { status: "partial", kind: RAW, retention: { raw_days: 1 } },
    { status: "open", kind: RAW, retention: { raw_days: 1 } },
  ] as const;
  for (const { status, kind, retention } of cases) {
    const storage = memoryStorage();
    await putDay(storage, { status });
    const [day] = await planRetention({ storage, env: "test", retention, nowUs: us("2026-09-01") });
    assert.ok(day);
    const forced = expireDay(day, { storage, ...apply, reason: "the venue was down" });
    if (status === "open") {
      await assert.rejects(forced, { code: "DAY_KEPT" });
    } else {
      await forced;
      const manifest = await loadManifest(storage, kind);
      assert.equal(manifest?.expired?.reason, "the venue was down");
    }
  }
});

Deno.test("a day that got files since it was looked at is not removed", async () => {
  const storage = memoryStorage();
  await putDay(storage);
  const retention = { raw_days: 1 };
  const [day] = await planRetention({ storage, env: "test", retention, nowUs: us("2026-09-01") });
  assert.ok(day);
  await changeManifest(storage, RAW, {
    change: (manifest) => ({
      ...manifest,
      files: manifest.files.flatMap((file) => [file, { ...file, key: `${file.key}2` }]),
    }),
  });
  await assert.rejects(expireDay(day, { storage, ...apply }), { code: "DAY_CHANGED" });
});
