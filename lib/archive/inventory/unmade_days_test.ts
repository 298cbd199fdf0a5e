import assert from "node:assert/strict";
import { memoryStorage, type Storage } from "@ssmd/storage";
import {
  changedManifest,
  emptyManifest,
  leftOutDays,
  type Manifest,
  manifestTimes,
  rawKey,
  saveManifest,
  unmadeDays,
  usOfDay,
} from "../mod.ts";

const FEED_ID = { env: "test", feed: "kraken" };
const NOW_US = Date.parse("2026-08-10T12:00:00Z") * 1000;

async function put(storage: Storage, kind: Manifest["kind"], day: string): Promise<void> {
  const atUs = usOfDay(day);
  const key = rawKey({ ...FEED_ID, atUs, connection: "m1-1" });
  const file = { key, count: 12, frames: 10, binary: 1, events: 1, bytes: 500 };
  const files = kind === "raw"
    ? [{ ...file, sha256: "0".repeat(64), ...manifestTimes(atUs, atUs + 100) }]
    : [];
  const change = { files, writtenBy: "0.1.0+abc1234", nowUs: NOW_US };
  const manifest = emptyManifest({ kind, ...FEED_ID, day });
  await saveManifest(storage, changedManifest(manifest, change));
}

Deno.test("past days with raw and without records are found, in short and in long spans", async () => {
  const storage = memoryStorage();
  for (const day of ["2019-12-31", "2026-08-01", "2026-08-03", "2026-08-10"]) {
    await put(storage, "raw", day);
  }
  for (const day of ["2026-08-01", "2026-08-02"]) await put(storage, "normalized", day);
  const found = async (span: { fromUs?: number; toUs?: number; version?: string }) =>
    (await unmadeDays(storage, { ...FEED_ID, ...span, nowUs: NOW_US }))
      .map(({ day }) => day);
  assert.deepEqual(await found({}), ["2019-12-31", "2026-08-03"]);
  assert.deepEqual(await found({ fromUs: usOfDay("2026-08-01") }), ["2026-08-03"]);
  assert.deepEqual(await found({ fromUs: usOfDay("2026-08-04") }), []);
  assert.deepEqual(await found({ toUs: usOfDay("2026-08-03") }), ["2019-12-31"]);
  const short = { fromUs: usOfDay("2026-08-01"), toUs: usOfDay("2026-08-04") };
  assert.deepEqual(await found(short), ["2026-08-03"]);
  assert.deepEqual(await found({ ...short, version: "v2" }), ["2026-08-01", "2026-08-03"]);
});

Deno.test("readers of all feeds are told of a feed that has raw files only", async () => {
  const storage = memoryStorage();
  await put(storage, "raw", "2026-08-03");
  const found = (types?: string[]) =>
    leftOutDays(storage, { env: "test", types, nowUs: NOW_US }).then((days) =>
      days.map(({ feed, day }) => [feed, day])
    );
  assert.deepEqual(await found(), [["kraken", "2026-08-03"]]);
  assert.deepEqual(await found(["trade", "fire"]), [["kraken", "2026-08-03"]]);
  assert.deepEqual(await found(["fire"]), []);
  assert.deepEqual(await leftOutDays(storage, { env: "other", nowUs: NOW_US }), []);
});
