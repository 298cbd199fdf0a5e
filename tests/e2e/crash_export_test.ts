import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  changedManifest,
  emptyManifest,
  type ManifestFile,
  manifestTimes,
  NormalizedFileBuilder,
  normalizedKey,
  saveManifest,
} from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import type { EventType, MarketEvent } from "@ssmd/market";
import { seededRandom } from "@ssmd/runtime";
import { folderStorage, type Storage } from "@ssmd/storage";
import { Folder, Running } from "./_process.ts";
import { seedOf } from "./_seeded.ts";

const KILLS = 30;
/** Kills before an export is let to its end. */
const KILLS_IN_A_ROW = 5;
const DAYS = ["2026-08-01", "2026-08-02"];
const TYPES: readonly EventType[] = ["trade", "orderbook"];
const WINDOWS = 3;
const RECORDS = 15_000;
const SOURCE = {
  ...{ env: "crash", feed: "kraken", processor: "test", source: "test" },
  software: { version: "0.1.0", commit: "test" },
};

function recordOf(type: EventType, receivedAtUs: number, i: number): MarketEvent {
  const base = {
    ...{ timestampUs: receivedAtUs - 500, receivedAtUs, feed: "kraken", sequence: i + 1 },
    symbol: `SYM${(i * 7919) % 23}USD`,
  };
  const price = 66_000 + (i * 37 % 1000) / 10;
  const level = (n: number) => ({ price: price + n, size: 1 + (i + n) % 13 });
  return type === "trade"
    ? { ...base, type, price, size: (i % 97) / 100, side: "buy", tradeId: String(i) }
    : {
      ...{ ...base, type: "orderbook", kind: "delta", depth: 10, checksum: "verified" },
      ...{ bids: [level(0), level(1)], asks: [level(2)] },
    };
}

/** Days of two types in windows, as an archiver leaves them. */
async function fill(storage: Storage): Promise<void> {
  const encoder = new Encoder();
  for (const day of DAYS) {
    const files: ManifestFile[] = [];
    for (const type of TYPES) {
      for (let window = 0; window < WINDOWS; window++) {
        const startUs = (Date.parse(day) + window * 60_000) * 1000;
        const builder = new NormalizedFileBuilder(type);
        for (let i = 0; i < RECORDS; i++) {
          const receivedAtUs = startUs + i * 3000;
          const sequence = window * RECORDS + i + 1;
          const payload = encoder.encode(recordOf(type, receivedAtUs, sequence - 1));
          const position = { streamSequence: sequence, run: "", frame: 0, index: 0 };
          builder.add({ payload, receivedAtUs, sequence, ...position });
        }
        const { bytes, sha256, lineage } = builder.finish(SOURCE, startUs);
        const key = normalizedKey({ ...SOURCE, type, atUs: startUs });
        await storage.put(key, bytes);
        files.push({
          ...{ key, type, count: lineage.count, bytes: bytes.length, sha256 },
          ...manifestTimes(startUs, startUs + (RECORDS - 1) * 3000),
          ...{ sequence: lineage.sequence, stream: lineage.stream },
        });
      }
    }
    const manifestId = { kind: "normalized", env: SOURCE.env, feed: SOURCE.feed, day } as const;
    const change = { files, symbols: 23, status: "complete", writtenBy: "test", nowUs: 1 } as const;
    await saveManifest(storage, changedManifest(emptyManifest(manifestId), change));
  }
}

async function filesIn(folder: string): Promise<Map<string, string>> {
  const storage = folderStorage(folder);
  const files = new Map<string, string>();
  for await (const { key } of storage.list("")) {
    files.set(
      key,
      new Uint8Array(
        await crypto.subtle.digest("SHA-256", (await storage.get(key)).slice()),
      ).toHex(),
    );
  }
  await storage.close();
  return files;
}

/** Waits until an export has begun to write, or has ended. */
async function begun(running: Running, out: string): Promise<void> {
  let ended = false;
  running.ended.then(() => ended = true);
  while (!ended && !await Deno.stat(`${out}/.ssmd-export`).then(() => true, () => false)) {
    await delay(5);
  }
}

/** One export, undisturbed; gives how long it wrote, ms. */
async function undisturbed(args: string[], out: string): Promise<number> {
  await using running = new Running(args);
  await begun(running, out);
  const beganMs = performance.now();
  const { code, output } = await running.end();
  assert.equal(code, 0, output);
  return performance.now() - beganMs;
}

Deno.test(`an export that is killed ${KILLS} times at any moment ends as one that never was`, async () => {
  const random = seededRandom(seedOf("crash of exports"));
  await using folder = new Folder();
  const data = `${folder.path}/data`;
  const storage = folderStorage(data);
  await fill(storage);
  await storage.close();
  let broken = 0;
  for (const format of ["parquet", "csv"]) {
    const args = (out: string) => [
      ...["data", "export", "--data", data, "--out", out, "--format", format],
    ];
    const whole = `${folder.path}/whole-${format}`;
    const wholeMs = await undisturbed(args(whole), whole);
    const expected = await filesIn(whole);
    assert.equal(expected.size, DAYS.length * TYPES.length * 2);
    // The machine may be faster than when it was measured: who was too late comes earlier.
    let latestMs = wholeMs / 2;
    for (let series = 1; series <= KILLS / KILLS_IN_A_ROW / 2; series++) {
      const out = `${folder.path}/killed-${format}-${series}`;
      for (let kill = 0; kill < KILLS_IN_A_ROW; kill++) {
        const running = new Running(args(out));
        await begun(running, out);
        await Promise.race([delay(random() * latestMs), running.ended]);
        await running[Symbol.asyncDispose]();
        const isBroken = (await running.ended).code !== 0;
        if (isBroken) broken++;
        else latestMs /= 2;
        for (const [path, hash] of await filesIn(out)) {
          // What has its name is whole.
          if (!path.startsWith(".ssmd-export/")) assert.equal(hash, expected.get(path), path);
        }
        // Of what is whole nothing can be broken off.
        if (!isBroken) await Deno.remove(out, { recursive: true });
      }
      await undisturbed(args(out), out);
      assert.deepEqual(await filesIn(out), expected);
    }
  }
  console.log(`${broken} of ${KILLS} kills broke an export off`);
  assert.ok(broken >= KILLS / 4, `only ${broken} exports were broken off`);
});
