/**
 * How large sealed days are, by type, against the compressed raw files of the same frames: recorded
 * sessions at their own times, where they are at hand. Nothing is measured in time.
 */
import { frameLine } from "@ssmd/archive/testing/raw_file";
import {
  type CaptureInfo,
  putSealed,
  RawFileBuilder,
  RecordSorter,
  sealedKey,
  usOfNsText,
} from "@ssmd/archive";
import { Translator, type Venue, VENUES } from "@ssmd/exchanges";
import type { EventType, MarketEvent } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import { capturedLines } from "./frames.ts";

const SESSIONS = [
  "kalshi/btc15m-20260513t1333z.jsonl.zst",
  "kalshi/btc15m-20260514t043808z.jsonl.zst",
  "kraken/btcusd-depth25-20260802.jsonl.zst",
  "kraken/ethusd-depth25-20260802.jsonl.zst",
];
const MINUTE_US = 60_000_000;
const RUN = 1_785_542_400_000_000;
const UTF8 = new TextEncoder();
const SOFTWARE = { version: "0", commit: "0" };

function infoOf(feed: string): CaptureInfo {
  return {
    ...{ run: RUN.toString(36), connection: `${RUN.toString(36)}-1`, env: "bench", feed },
    ...{ venue: feed, endpoint: "wss://127.0.0.1/", symbols: [], location: "", host: "here" },
    clock: { source: "system", status: "unknown", offsetUs: null },
    ...{ software: SOFTWARE, linesBefore: 0 },
  };
}

/** A line of a recording: its time, and the frame. */
type Line = readonly [atUs: number, text: string];

function linesOf(path: string): Line[] {
  return capturedLines(path).flatMap((line): Line[] => {
    const [, ns, text] = /^\{"t":"(\d+)","m":(.*)\}$/.exec(line) ?? [];
    return ns === undefined || text === undefined ? [] : [[usOfNsText(ns), text]];
  });
}

/** Bytes of the raw files, which are cut by the minute. */
function rawBytes(feed: string, lines: readonly Line[]): number {
  let bytes = 0;
  for (const minute of Map.groupBy(lines, ([atUs]) => Math.floor(atUs / MINUTE_US)).values()) {
    const builder = new RawFileBuilder(infoOf(feed));
    for (const [atUs, text] of minute) builder.add(UTF8.encode(`${frameLine(atUs, text)}\n`));
    bytes += builder.finish().size;
  }
  return bytes;
}

function recordsOf(feed: string, lines: readonly Line[]): MarketEvent[] {
  const venue = VENUES[feed] as Venue;
  const normalizer = venue.normalizers.at(-1)?.create({ feed, symbols: [] });
  if (normalizer === undefined) throw new RangeError(`${feed} has no normalizer`);
  const translator = new Translator(feed, normalizer, { run: RUN, connection: 1 });
  return lines.flatMap(([atUs, text]) => translator.frame(JSON.parse(text), text, atUs).events);
}

async function sealedBytes(type: EventType, events: readonly MarketEvent[], tempDir: string) {
  using sorter = new RecordSorter(type, { tempDir });
  for (const event of events) sorter.add(event);
  const dayId = { env: "bench", feed: events[0]?.feed ?? "", day: "2026-08-01" };
  const source = { ...dayId, processor: "bench", software: SOFTWARE, source: "bench", nowUs: 0 };
  const key = sealedKey({ ...dayId, type });
  return (await putSealed(memoryStorage(), key, { sorted: sorter.sorted(), source })).bytes;
}

const tempDir = await Deno.makeTempDir();
for (const path of SESSIONS) {
  const lines = linesOf(path);
  if (lines.length === 0) continue;
  const feed = path.split("/")[0] ?? "";
  const raw = rawBytes(feed, lines);
  const byType = Map.groupBy(recordsOf(feed, lines), ({ type }) => type);
  let all = 0;
  const parts: string[] = [];
  for (const [type, events] of byType) {
    const bytes = await sealedBytes(type, events, tempDir);
    all += bytes;
    parts.push(`${type} ${events.length} records ${bytes} bytes`);
  }
  console.log(`${path}: raw ${raw} bytes, sealed ${all} (${(100 * all / raw).toFixed(1)} %)`);
  console.log(`  ${parts.join(", ")}`);
}
await Deno.remove(tempDir, { recursive: true });
