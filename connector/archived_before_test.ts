import assert from "node:assert/strict";
import { changedManifest, emptyManifest, type ManifestFile, saveManifest } from "@ssmd/archive";
import { memoryStorage } from "@ssmd/storage";
import { assertNotArchived, assertNotInterrupted } from "./archived_before.ts";

const DAY = "2026-08-01";
const NOON_US = Date.UTC(2026, 7, 1, 12) * 1000;
const DAY_US = 86_400_000_000;

function rawFile(fromUs: number, toUs: number): ManifestFile {
  const iso = (us: number) => new Date(us / 1000).toISOString();
  return {
    ...{ key: "raw/test/fake/2026/08/01/12/00-1.jsonl.zst", connection: "1", count: 2, bytes: 9 },
    ...{ sha256: "0".repeat(64), from: `${fromUs}000`, to: `${toUs}000` },
    ...{ fromTime: iso(fromUs), toTime: iso(toUs) },
  };
}

async function archived() {
  const id = { kind: "raw", env: "test", feed: "fake", day: DAY } as const;
  const storage = memoryStorage();
  const files = [rawFile(NOON_US, NOON_US + 1000)];
  await saveManifest(
    storage,
    changedManifest(emptyManifest(id), {
      files,
      writtenBy: "ssmd",
      nowUs: NOON_US,
    }),
  );
  return { storage, env: "test", feed: "fake" };
}

Deno.test("a recording with times of archived lines is refused, on whichever day they are", async () => {
  const target = await archived();
  const spans: [number, number][] = [
    [NOON_US, NOON_US],
    [NOON_US + 1000, NOON_US + 2000],
    [NOON_US - 2 * DAY_US, NOON_US + 2 * DAY_US],
  ];
  for (const [firstUs, lastUs] of spans) {
    const refused = assertNotArchived(target, [{ file: "a", firstUs, lastUs }]);
    await assert.rejects(refused, { code: "RECORDING_ARCHIVED" });
  }
});

Deno.test("times before, after, of other feeds, or of a file without frames are taken", async () => {
  const target = await archived();
  await assertNotArchived(target, [
    { file: "a", firstUs: NOON_US - 1000, lastUs: NOON_US - 1 },
    { file: "b", firstUs: NOON_US + 1001, lastUs: NOON_US + DAY_US },
    { file: "c", firstUs: NaN, lastUs: NaN },
  ]);
  const span = { file: "a", firstUs: NOON_US, lastUs: NOON_US };
  await assertNotArchived({ ...target, feed: "other" }, [span]);
});

Deno.test("what an interrupted play got to is not played again before it is archived", async () => {
  const target = await archived();
  const spans = [{ file: "a", firstUs: 1000, lastUs: 2000 }];
  assert.throws(() => assertNotInterrupted(target, spans, 1500), { code: "RECORDING_ARCHIVED" });
  assertNotInterrupted(target, spans, 2001);
});
