import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import {
  buildRawFile,
  type CaptureInfo,
  changedManifest,
  dayOfUs,
  frameLine,
  type ManifestFile,
  manifestTimes,
  openManifest,
  rawKey,
  rawLinesOf,
  saveManifest,
} from "@ssmd/archive";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { type RawCapture, type RawSpan, writeRawCapture } from "./raw_capture.ts";

const PLACE = { env: "test", feed: "kraken" } as const;
const START_US = Date.parse("2026-08-01T10:00:00Z") * 1000;
const MINUTE_US = 60_000_000;
const UTF8 = new TextEncoder();

function captureOf(connection: string, symbols: readonly string[], linesBefore = 0): CaptureInfo {
  return {
    ...{ run: "m1", connection, ...PLACE, venue: "kraken", endpoint: "ws://127.0.0.1:1/v2" },
    symbols: symbols.map((external) => ({ symbol: external.replace("/", ""), external })),
    ...{ location: "", host: "here" },
    clock: { source: "system", status: "unknown", offsetUs: null },
    software: { version: "0.1.0", commit: "abc1234" },
    linesBefore,
  };
}

/** Puts one raw file, named in its day's manifest. */
async function putRaw(storage: Storage, info: CaptureInfo, lines: readonly string[]) {
  const built = buildRawFile(info, [UTF8.encode(lines.join(""))]);
  const key = rawKey({ ...PLACE, atUs: built.firstUs, connection: info.connection });
  await storage.put(key, built.bytes);
  const file: ManifestFile = {
    ...{ key, connection: info.connection, count: lines.length, ...built.counts },
    ...{ bytes: built.bytes.length, sha256: built.sha256 },
    ...manifestTimes(built.firstUs, built.lastUs),
  };
  const manifest = await openManifest(storage, {
    ...{ kind: "raw", ...PLACE, day: dayOfUs(built.firstUs) },
  });
  const change = { files: [file], writtenBy: "0.1.0+abc1234", nowUs: START_US };
  await saveManifest(storage, changedManifest(manifest, change));
}

/** The capture of a span: its text, and what is told of it. */
async function written(
  storage: Storage,
  span: Partial<RawSpan> = {},
): Promise<{ text: string; told: RawCapture }> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/frames.jsonl`;
    const told = await writeRawCapture(storage, { ...PLACE, ...span }, path);
    return { text: await Deno.readTextFile(path), told };
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
  const { text, told } = await written(storage);
  assert.equal(text, first.flatMap((line, i) => [line, second[i]]).join(""));
  assert.deepEqual(told, {
    ...{ venue: "kraken", frames: 240, connections: ["m1-1", "m1-2"] },
    ...{ leftOut: [], isCut: false },
  });
});

Deno.test("a connection that carries the same markets meanwhile is left out and told", async () => {
  const storage = memoryStorage();
  const first = await putMinutes(storage, "m1-1", ["BTC/USD", "ETH/USD"], 0);
  await putMinutes(storage, "m1-2", ["ETH/USD"], 500_000);
  const { text, told } = await written(storage);
  assert.equal(text, first.join(""));
  assert.deepEqual([told.connections, told.leftOut], [["m1-1"], ["m1-2"]]);
});

Deno.test("a span takes its frames only, and says that it begins within a connection", async () => {
  const storage = memoryStorage();
  const lines = await putMinutes(storage, "m1-1", ["BTC/USD"], 0);
  const span = { fromUs: START_US + MINUTE_US, toUs: START_US + MINUTE_US + 5_000_000 };
  const { text, told } = await written(storage, span);
  assert.equal(text, lines.slice(60, 65).join(""));
  assert.equal(told.isCut, true);
  await assert.rejects(written(storage, { fromUs: 0, toUs: 1 }), { code: "RAW_NONE" });
});

const FOLDER = `${
  Deno.env.get("SSMD_CAPTURES") ?? new URL("../../../shared/captures", import.meta.url).pathname
}/kraken`;
const captures = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl.zst"))
  : [];

Deno.test("real captures come out of the archive byte for byte as the exchange sent them", {
  ignore: captures.length === 0,
}, async () => {
  for (const name of captures) {
    const frames = [...rawLinesOf(Deno.readFileSync(`${FOLDER}/${name}`), name)]
      .flatMap((line) => line.kind === "frame" ? [line] : []);
    const storage = memoryStorage();
    const lines = frames.map(({ atUs, text }) => frameLine(atUs, text));
    await putRaw(storage, captureOf("m1-1", ["BTC/USD"]), lines);
    const { text, told } = await written(storage);
    assert.equal(told.frames, frames.length);
    assert.equal(text, lines.join(""));
  }
});
