import assert from "node:assert/strict";
import { memoryStorage } from "@ssmd/storage";
import {
  changedManifest,
  type ClockQuery,
  emptyManifest,
  type ManifestFile,
  manifestTimes,
  saveManifest,
} from "../mod.ts";
import { FEED_ID, MIDNIGHT_US, readAll, record, writeWindows } from "./_fixtures.ts";

const SECOND_US = 1_000_000;
const DAY = "2026-08-01";

function rawFile(
  key: string,
  [from, to]: [number, number],
  clock?: ManifestFile["clock"],
): ManifestFile {
  return {
    ...{ key, count: 1, bytes: 1, sha256: "0".repeat(64), ...(clock && { clock }) },
    ...manifestTimes(MIDNIGHT_US + from * SECOND_US, MIDNIGHT_US + to * SECOND_US),
  };
}

const GOOD = { source: "chrony", status: "synchronized", offsetUs: 12 };
const BAD = { source: "system", status: "unsynchronized", offsetUs: null };

/** One trade a second, and raw files of two connections with clocks of their own. */
async function archive() {
  const storage = memoryStorage();
  const events = Array.from(
    { length: 100 },
    (_, i) => record("trade", "BTCUSD", MIDNIGHT_US + i * SECOND_US, i + 1),
  );
  await writeWindows(storage, events);
  const before = emptyManifest({ kind: "raw", ...FEED_ID, day: "2026-07-31" });
  const change = { writtenBy: "0.1.0+abc1234", nowUs: MIDNIGHT_US };
  // A file of the evening before that reaches over midnight.
  await saveManifest(
    storage,
    changedManifest(before, { ...change, files: [rawFile("a", [-60, 9], GOOD)] }),
  );
  const files = [
    rawFile("b", [10, 49], GOOD),
    rawFile("c", [30, 69], BAD),
    rawFile("d", [70, 79]),
  ];
  const manifest = emptyManifest({ kind: "raw", ...FEED_ID, day: DAY });
  await saveManifest(storage, changedManifest(manifest, { ...change, files }));
  return async (clock: ClockQuery) => {
    const found = await readAll(storage, { clock });
    return found.map(({ receivedAtUs }) => (receivedAtUs - MIDNIGHT_US) / SECOND_US);
  };
}

function seconds(...spans: [number, number][]): number[] {
  return spans.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
}

Deno.test("a record is taken when all clocks that may have timed it are wanted", async () => {
  const read = await archive();
  assert.deepEqual(await read({ statuses: ["synchronized"] }), seconds([0, 30]));
  assert.deepEqual(await read({ sources: ["chrony"] }), seconds([0, 30]));
  assert.deepEqual(await read({ sources: ["system"] }), seconds([50, 70]));
  assert.deepEqual(await read({ sources: ["chrony", "system"] }), seconds([0, 70]));
  assert.deepEqual(await read({ sources: ["chrony"], statuses: ["unsynchronized"] }), []);
});

Deno.test("where no raw file tells the clock it is unknown", async () => {
  const read = await archive();
  assert.deepEqual(await read({ statuses: ["unknown"] }), seconds([70, 100]));
  assert.deepEqual(
    await read({ statuses: ["synchronized", "unknown"] }),
    seconds([0, 30], [70, 100]),
  );
  assert.deepEqual(await read({}), seconds([0, 100]));
});
