/**
 * How fast archived records are read and replayed, against JSON.stringify alone, and how exactly a
 * replay at 1× keeps the time between records. @module
 */
import { toJson } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import { readArchive } from "@ssmd/archive";
import { folderStorage, type Storage } from "@ssmd/storage";
import { fileURLToPath } from "node:url";
import { jsonPrefix, recordJson } from "@ssmd/codec";
import { sealWindows, writeDay } from "./archived_day.ts";
import { measure, tableOf } from "./measure.ts";

const RECORDS = 1_200_000;
const MINUTES = 20;
const START_US = Date.parse("2026-08-01T02:00:00Z") * 1000;
const FEED_ID = { env: "bench", feed: "kraken" } as const;
const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

/** A market's life in small: books, trades and tickers of 500 markets. */
function recordAt(i: number): MarketEvent {
  const receivedAtUs = START_US + Math.floor(i * MINUTES * 60_000_000 / RECORDS);
  const base = {
    ...{ timestampUs: receivedAtUs - 900, receivedAtUs, feed: FEED_ID.feed, sequence: i + 1 },
    symbol: `M${i * 7919 % 500}USD`,
  };
  const price = 60_000 + (i * 7919 % 1000) / 10;
  if (i % 4 === 0) {
    return { type: "trade", ...base, price, size: 0.015, side: "buy", tradeId: String(i) };
  }
  if (i % 4 === 1) {
    return {
      ...{ type: "ticker", ...base, bidPrice: price, bidSize: 1.5, askPrice: price + 0.1 },
      ...{ askSize: 2, lastPrice: price, lastSize: 0.5, volume24h: 1234.5, openInterest: null },
    };
  }
  const bids = [{ price, size: 1.25 }, { price: price - 0.1, size: 0 }];
  return {
    ...{ type: "orderbook", ...base, kind: "delta", bids, asks: [], depth: 10 },
    checksum: "verified",
  };
}

function* minutesOf(): Generator<MarketEvent[]> {
  const perMinute = RECORDS / MINUTES;
  for (let first = 0; first < RECORDS; first += perMinute) {
    yield Array.from({ length: perMinute }, (_, i) => recordAt(first + i));
  }
}

async function speedOf(name: string, run: () => Promise<unknown>) {
  const speeds: number[] = [];
  for (let round = 0; round < 4; round++) {
    const startMs = performance.now();
    await run();
    if (round > 0) speeds.push(RECORDS * 1000 / (performance.now() - startMs));
  }
  speeds.sort((a, b) => a - b);
  return { name, opsPerSecond: speeds[1] ?? 0 };
}

async function readAll(storage: Storage): Promise<void> {
  for await (const batch of readArchive(storage, FEED_ID)) if (batch.length === 0) break;
}

async function replayProcess(dir: string): Promise<void> {
  const args = ["run", "-q", "-A", MAIN, "data", "replay", "--data", dir, "--feed", FEED_ID.feed];
  await new Deno.Command(Deno.execPath(), {
    args: [...args, "--speed", "max"],
    stdout: "null",
  }).output();
}

/** Bursts of five records at once, and pauses of any length around a millisecond between them. */
function burstsOf(seconds: number): MarketEvent[] {
  const events: MarketEvent[] = [];
  for (let us = 0, i = 0; us < seconds * 1e6; i++) {
    us += i % 5 === 0 ? Math.floor(-Math.log(1 - i * 7919 % 1000 / 1000) * 1000) : 0;
    events.push({ ...recordAt(0), receivedAtUs: START_US + us, sequence: i + 1 });
  }
  return events;
}

/** How far the time between records that come out of `ssmd data replay` is off at 1×. */
async function pacing(dir: string, storage: Storage, seconds: number): Promise<string> {
  const events = burstsOf(seconds);
  await writeDay(storage, { ...FEED_ID, feed: "bursts" }, [events]);
  const args = ["run", "-q", "-A", MAIN, "data", "replay", "--data", dir, "--feed", "bursts"];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const atMs: number[] = [];
  for await (const chunk of child.stdout) {
    const nowMs = performance.now();
    for (const byte of chunk) if (byte === 10) atMs.push(nowMs);
  }
  const errors = atMs.slice(1).map((ms, i) => {
    const apartUs = (events[i + 1]?.receivedAtUs ?? 0) - (events[i]?.receivedAtUs ?? 0);
    return Math.abs(ms - (atMs[i] ?? 0) - apartUs / 1000);
  }).sort((a, b) => a - b);
  const share = (part: number) => (errors[Math.floor(errors.length * part)] ?? 0).toFixed(3);
  return `1×, ${atMs.length} records in ${seconds} s: time between records off by ` +
    `${share(0.5)} ms (p50), ${share(0.99)} ms (p99), ${share(0.999)} ms (p99.9)`;
}

const dir = await Deno.makeTempDir();
try {
  const storage = folderStorage(dir);
  await writeDay(storage, FEED_ID, minutesOf());
  const some = Array.from({ length: 4000 }, (_, i) => recordAt(i));
  const prefix = jsonPrefix("M1USD", FEED_ID.feed);
  const baseline = "JSON.stringify(toJson(record))";
  const results = [
    measure(baseline, some.length, () => {
      for (const event of some) JSON.stringify(toJson(event));
    }),
    measure("recordJson(record)", some.length, () => {
      for (const event of some) recordJson(event, prefix);
    }),
    await speedOf("read from a folder, in order of time", () => readAll(storage)),
    await speedOf("ssmd data replay --speed max, whole process", () => replayProcess(dir)),
  ];
  await sealWindows(storage, FEED_ID, dir);
  results.push(
    await speedOf("read from a sealed day, in order of time", () => readAll(storage)),
    await speedOf("ssmd data replay of a sealed day, whole process", () => replayProcess(dir)),
  );
  console.log(tableOf(results, baseline));
  console.log(await pacing(dir, storage, 4));
  await storage.close();
} finally {
  await Deno.remove(dir, { recursive: true });
}
