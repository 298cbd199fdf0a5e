import assert from "node:assert/strict";
import {
  changedManifest,
  emptyManifest,
  type ManifestGap,
  manifestGap,
  manifestTimes,
  saveManifest,
} from "@ssmd/archive";
import { usOfIso } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { gapsBetween } from "./mod.ts";

const ENV = "test";

function usOn(day: string, time = "00:00:00"): number {
  return usOfIso(`${day}T${time}Z`)!;
}

function gap(symbol: string, fromUs: number, toUs: number): ManifestGap {
  return manifestGap({
    ...{ type: "gap", timestampUs: 0, symbol, feed: "kraken", sequence: 1, channel: "all" },
    ...{ reason: "disconnect", missed: null, detail: "", recovered: toUs > 0, fromUs, toUs },
    receivedAtUs: Math.max(fromUs, toUs),
  });
}

async function put(storage: Storage, day: string, gaps: ManifestGap[]): Promise<void> {
  const manifest = emptyManifest({ kind: "normalized", env: ENV, feed: "kraken", day });
  const written = { writtenBy: "0.1.0", nowUs: usOn(day) };
  await saveManifest(storage, changedManifest(manifest, { ...written, gaps }));
}

async function putRaw(storage: Storage, day: string): Promise<void> {
  const manifest = emptyManifest({ kind: "raw", env: ENV, feed: "kraken", day });
  const [key, sha256] = [`r-${day}`, "0".repeat(64)];
  const times = manifestTimes(usOn(day), usOn(day, "01:00:00"));
  const file = { key, count: 3, frames: 3, bytes: 10, sha256, ...times };
  const written = { writtenBy: "0.1.0", nowUs: usOn(day) };
  await saveManifest(storage, changedManifest(manifest, { ...written, files: [file] }));
}

async function symbolsOn(storage: Storage, day: string): Promise<string[]> {
  const span = { fromUs: usOn(day), toUs: usOn(day) + 86_400_000_000 };
  const gaps = await gapsBetween(storage, { env: ENV, ...span });
  return gaps.map(({ symbol, toUs }) => toUs === undefined ? `${symbol} open` : symbol);
}

Deno.test("a day's gaps are all that reach into it, on whatever day they are recorded", async () => {
  const storage = memoryStorage();
  const [stoppedUs, startedUs] = [usOn("2026-08-01", "10:00:00"), usOn("2026-08-04", "03:00:00")];
  const brokenUs = usOn("2026-08-01", "09:00:00");
  await put(storage, "2026-08-01", [gap("BROKEN", brokenUs, 0)]);
  await put(storage, "2026-08-04", [
    gap("STOPPED", stoppedUs, startedUs),
    gap("BROKEN", brokenUs, startedUs),
  ]);
  await put(storage, "2026-08-05", [gap("LATER", usOn("2026-08-05", "01:00:00"), 0)]);
  for (const day of ["2026-08-01", "2026-08-02", "2026-08-04"]) {
    assert.deepEqual(await symbolsOn(storage, day), ["BROKEN", "STOPPED"], day);
  }
  assert.deepEqual(await symbolsOn(storage, "2026-07-31"), []);
  assert.deepEqual(await symbolsOn(storage, "2026-08-05"), ["LATER open"]);
});

Deno.test("a day of raw frames that were never made into records is a gap of its feed", async () => {
  const storage = memoryStorage();
  await put(storage, "2026-08-01", []);
  await putRaw(storage, "2026-08-02");
  await put(storage, "2026-08-03", [gap("LATER", usOn("2026-08-03", "01:00:00"), 0)]);
  const [unmade, later, ...others] = await gapsBetween(storage, { env: ENV });
  assert.deepEqual([later?.symbol, others], ["LATER", []]);
  assert.deepEqual(
    [unmade?.reason, unmade?.symbol, unmade?.fromUs, unmade?.toUs],
    ["no_records", "_all", usOn("2026-08-02"), usOn("2026-08-03")],
  );
  assert.match(unmade?.detail ?? "", /ssmd reprocess run/);
});
