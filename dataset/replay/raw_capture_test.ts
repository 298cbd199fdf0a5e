import { buildRawFile, frameLine } from "@ssmd/archive/testing/raw_file";
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import {
  type CaptureInfo,
  changedManifest,
  dayOfUs,
  type ManifestFile,
  manifestTimes,
  openManifest,
  parseRawLine,
  rawKey,
  rawLinesOf,
  saveManifest,
} from "@ssmd/archive";
import { translatorOf } from "@ssmd/exchanges";
import type { Turn } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { tradeText } from "../testing/raw_days.ts";
import { type RawCapture, type RawSpan, writeRawCapture } from "./raw_capture.ts";

const FEED_ID = { env: "test", feed: "kraken" } as const;
const START_US = Date.parse("2026-08-01T10:00:00Z") * 1000;
const MINUTE_US = 60_000_000;
const UTF8 = new TextEncoder();
const CAPTURES = Deno.env.get("SSMD_CAPTURES") ??
  new URL("../../../shared/captures", import.meta.url).pathname;

/** Real captures of a venue. */
function namesOf(venue: string): string[] {
  const folder = `${CAPTURES}/${venue}`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith(".jsonl.zst"));
}

function captureOf(connection: string, symbols: readonly string[], linesBefore = 0): CaptureInfo {
  return {
    ...{ run: "m1", connection, ...FEED_ID, venue: "kraken", endpoint: "ws://127.0.0.1:1/v2" },
    symbols: symbols.map((external) => ({ symbol: external.replace("/", ""), external })),
    ...{ location: "", host: "here" },
    clock: { source: "system", status: "unknown", offsetUs: null },
    software: { version: "0.1.0", commit: "abc1234" },
    linesBefore,
  };
}

/** Puts one raw file, named in its day's manifest. */
async function putRaw(
  storage: Storage,
  info: CaptureInfo,
  lines: readonly string[],
  turns: readonly Turn[] = [],
) {
  const built = buildRawFile(info, [UTF8.encode(lines.join(""))]);
  const part = info.linesBefore === 0 ? 1 : 2;
  const key = rawKey({ ...FEED_ID, atUs: built.firstUs, connection: info.connection, part });
  await storage.put(key, built.bytes);
  const file: ManifestFile = {
    ...{ key, connection: info.connection, count: lines.length, ...built.counts },
    ...{ bytes: built.bytes.length, sha256: built.sha256 },
    ...manifestTimes(built.firstUs, built.lastUs),
  };
  const manifest = await openManifest(storage, {
    ...{ kind: "raw", ...FEED_ID, day: dayOfUs(built.firstUs) },
  });
  const change = { files: [file], turns, writtenBy: "0.1.0+abc1234", nowUs: START_US };
  await saveManifest(storage, changedManifest(manifest, change));
}

/** The capture of a span: its text, and what is told of it. */
async function written(
  storage: Storage,
  span: Partial<RawSpan> = {},
): Promise<{ text: string; reported: RawCapture }> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/frames.jsonl`;
    const reported = await writeRawCapture(storage, { ...FEED_ID, ...span }, path);
    return { text: await Deno.readTextFile(path), reported };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A frame a second from a second on, over two minutes. */
function linesOf(name: string, offsetUs: number): string[] {
  return Array.from(
    { length: 120 },
    (_, i) => frameLine(START_US + i * 1_000_000 + offsetUs, `{"channel":"${name}","n":${i}}`),
  );
}

async function putMinutes(storage: Storage, name: string, symbols: string[], offsetUs: number) {
  const lines = linesOf(name, offsetUs);
  await putRaw(storage, captureOf(name, symbols), lines.slice(0, 60));
  await putRaw(storage, captureOf(name, symbols, 60), lines.slice(60));
  return lines;
}

Deno.test("frames of several connections come in the order in which they were received", async () => {
  const storage = memoryStorage();
  const first = await putMinutes(storage, "m1-1", ["BTC/USD"], 0);
  const second = await putMinutes(storage, "m1-2", ["ETH/USD"], 500_000);
  const { text, reported } = await written(storage);
  assert.equal(text, first.flatMap((line, i) => [line, second[i]]).join(""));
  assert.deepEqual(reported, {
    ...{ venue: "kraken", frames: 240, connections: ["m1-1", "m1-2"] },
    ...{ leftOut: [], isCut: false },
  });
});

Deno.test("a connection that carries the same markets meanwhile is left out and told", async () => {
  const storage = memoryStorage();
  const first = await putMinutes(storage, "m1-1", ["BTC/USD", "ETH/USD"], 0);
  await putMinutes(storage, "m1-2", ["ETH/USD"], 500_000);
  const { text, reported } = await written(storage);
  assert.equal(text, first.join(""));
  assert.deepEqual([reported.connections, reported.leftOut], [["m1-1"], ["m1-2"]]);
});

Deno.test("of a pair of connectors each frame comes once, from the one that told its records", async () => {
  const storage = memoryStorage();
  const trade = (id: number) => tradeText("BTC/USD", id);
  const line = (id: number, lateUs: number) =>
    frameLine(START_US + id * 1_000_000 + lateUs, trade(id));
  const runs = ["m1", "m2"] as const;
  const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
  // The first one told up to 4, the second one got the same a little earlier or later.
  const after = { run: "m1", connection: 1, atUs: START_US + 4_000_000, sequence: 4 };
  const published = { fromUs: 0, trades: [1, 2, 3, 4].map((id) => `BTCUSD ${id}`) };
  const turns: Turn[] = [
    { run: "m1", fromUs: 0 },
    { run: "m2", fromUs: after.atUs + 1, after: { ...after, turnFromUs: 0 }, told: published },
  ];
  for (const run of runs) {
    const info = { ...captureOf(`${run}-1`, ["BTC/USD"]), run, inTurns: true };
    const lines = numbers.map((id) => line(id, run === "m1" || id !== 5 ? 0 : -1_500_000));
    await putRaw(storage, info, lines.sort(), turns);
  }
  const { text, reported: capture } = await written(storage);
  const ids = [...text.matchAll(/"trade_id":(\d+)/g)].map(([, id]) => Number(id));
  assert.deepEqual(ids.sort((a, b) => a - b), numbers);
  assert.deepEqual([capture.connections, capture.leftOut], [["m1-1", "m2-1"], []]);
  const early = await written(storage, { toUs: START_US + 3_000_000 });
  assert.deepEqual([early.reported.connections, early.reported.leftOut], [["m1-1"], ["m2-1"]]);
});

Deno.test("a span takes its frames only, and says that nothing is known of what was before", async () => {
  const storage = memoryStorage();
  const lines = linesOf("m1-1", 0);
  await putRaw(storage, captureOf("m1-1", ["BTC/USD"], 60), lines.slice(60));
  const span = { fromUs: START_US + MINUTE_US, toUs: START_US + MINUTE_US + 5_000_000 };
  const { text, reported } = await written(storage, span);
  assert.equal(text, lines.slice(60, 65).join(""));
  assert.equal(reported.isCut, true);
  await assert.rejects(written(storage, { fromUs: 0, toUs: 1 }), { code: "RAW_NONE" });
});

/** Frames of the first real capture of a venue. */
function framesOf(venue: string): { atUs: number; text: string }[] {
  const [name = ""] = namesOf(venue);
  return [...rawLinesOf(Deno.readFileSync(`${CAPTURES}/${venue}/${name}`), name)]
    .flatMap((line) => line.kind === "frame" ? [line] : []);
}

/** The books at the end of frames, by symbol, without what depends on where they begin. */
function lastBooks(info: CaptureInfo, frames: readonly { atUs: number; text: string }[]) {
  const translator = translatorOf(info, { day: "2026-08-01" });
  for (const { atUs, text } of frames) translator.line({ kind: "frame", atUs, text });
  return translator.snapshotFrames()
    .map((text) => text.replace(/"(timestamp|seq)":("[^"]*"|\d+)/g, "")).sort();
}

for (const venue of ["kraken", "kalshi"]) {
  Deno.test(`a span within a connection of ${venue} begins with its books as they stood`, {
    ignore: namesOf(venue).length === 0,
  }, async () => {
    const frames = framesOf(venue);
    const [half, third] = [Math.floor(frames.length / 2), Math.floor(frames.length / 3)];
    const cutUs = frames[half]?.atUs as number;
    const storage = memoryStorage();
    const info = { ...captureOf("m1-1", []), venue };
    const lines = frames.map(({ atUs, text }) => frameLine(atUs, text));
    await putRaw(storage, info, lines.slice(0, third));
    await putRaw(storage, { ...info, linesBefore: third }, lines.slice(third));
    const { text, reported } = await written(storage, { fromUs: cutUs });
    assert.equal(reported.isCut, false);
    const played = text.trimEnd().split("\n").map((line) => {
      const parsed = parseRawLine(line);
      assert.equal(parsed.kind, "frame");
      return parsed as { atUs: number; text: string };
    });
    const wanted = frames.filter(({ atUs }) => atUs >= cutUs);
    assert.ok(played.length > wanted.length, "there are books at the beginning");
    assert.deepEqual(
      played.slice(-wanted.length).map(({ text }) => text),
      wanted.map(({ text }) => text),
    );
    assert.deepEqual(lastBooks(info, played), lastBooks(info, frames));
  });
}

const FOLDER = `${CAPTURES}/kraken`;
const captures = namesOf("kraken");

Deno.test("real captures come out of the archive byte for byte as the exchange sent them", {
  ignore: captures.length === 0,
}, async () => {
  for (const name of captures) {
    const frames = [...rawLinesOf(Deno.readFileSync(`${FOLDER}/${name}`), name)]
      .flatMap((line) => line.kind === "frame" ? [line] : []);
    const storage = memoryStorage();
    const lines = frames.map(({ atUs, text }) => frameLine(atUs, text));
    await putRaw(storage, captureOf("m1-1", ["BTC/USD"]), lines);
    const { text, reported } = await written(storage);
    assert.equal(reported.frames, frames.length);
    assert.equal(text, lines.join(""));
  }
});
