/**
 * Raw files → sealed days of another version, from and to a folder: read, decompress, translate,
 * encode, sort, compress, write; against `JSON.parse` alone on the same frames. Then the same with
 * two threads, over four connections and two days. A run is a process of its own, as the command is
 * one: with one thread and with two, V8 begins without compiled code.
 */
import { buildRawFile, frameLine } from "@ssmd/archive/testing/raw_file";
import process from "node:process";
import {
  type CaptureInfo,
  changedManifest,
  dayOfUs,
  emptyManifest,
  type ManifestFile,
  manifestTimes,
  rawKey,
  saveManifest,
} from "@ssmd/archive";
import { reprocess } from "@ssmd/dataset/reprocess";
import { folderStorage, type Storage } from "@ssmd/storage";
import { kalshiDeltas, krakenBooks, krakenTrades } from "./frames.ts";
import { median } from "./measure.ts";

const START_US = Date.parse("2026-08-01T00:00:00Z") * 1000;
const DAY_US = 86_400_000_000;
const DAYS = 2;
const CONNECTIONS = 4;
const ROUNDS = 3;
/** Lines of one raw file, as of a busy minute. */
const FILE_LINES = 20_000;
const UTF8 = new TextEncoder();

interface Input {
  name: string;
  venue: "kraken" | "kalshi";
  /** Frames of one connection and day; the first day's begin a book. */
  frames: (day: number) => string[];
}

function captureOf(venue: string, connection: string, linesBefore: number): CaptureInfo {
  return {
    ...{ run: "bench", connection, env: "bench", feed: venue, venue, endpoint: "ws://bench/" },
    ...{ symbols: [], location: "", host: "bench", linesBefore },
    clock: { source: "system", status: "unknown", offsetUs: null },
    software: { version: "0.0.0", commit: "bench" },
  };
}

async function fill(storage: Storage, { venue, frames }: Input): Promise<number> {
  let count = 0;
  const before = new Map<string, number>();
  for (let day = 0; day < DAYS; day++) {
    const dayUs = START_US + day * DAY_US;
    const files: ManifestFile[] = [];
    for (let connectionIndex = 1; connectionIndex <= CONNECTIONS; connectionIndex++) {
      const connection = `bench-${connectionIndex}`;
      const texts = frames(day);
      const stepUs = Math.floor(DAY_US / texts.length);
      for (let at = 0; at < texts.length; at += FILE_LINES) {
        const lines = texts.slice(at, at + FILE_LINES)
          // No two connections receive in the same µs, or hardly ever.
          .map((text, i) => frameLine(dayUs + (at + i) * stepUs + connectionIndex, text));
        const linesBefore = before.get(connection) ?? 0;
        const built = buildRawFile(captureOf(venue, connection, linesBefore), [
          UTF8.encode(lines.join("")),
        ]);
        const key = rawKey({ env: "bench", feed: venue, connection, atUs: built.firstUs });
        await storage.put(key, built.bytes);
        files.push({
          ...{ key, connection, run: "bench", count: lines.length, ...built.counts },
          ...{ bytes: built.bytes.length, sha256: built.sha256 },
          ...manifestTimes(built.firstUs, built.lastUs),
          sequence: { first: linesBefore + 1, last: linesBefore + lines.length },
        });
        before.set(connection, linesBefore + lines.length);
        count += lines.length;
      }
    }
    const manifestId = { kind: "raw", env: "bench", feed: venue, day: dayOfUs(dayUs) } as const;
    const change = { files, writtenBy: "bench", nowUs: dayUs };
    await saveManifest(storage, changedManifest(emptyManifest(manifestId), change));
  }
  return count;
}

/** Time of the processor that this process has used, ms; on a machine with others, the fairer one. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

interface Timing {
  ms: number;
  cpuMs: number;
}

/** What a process of its own is to do. */
interface Run {
  dir: string;
  feed: string;
  version: string;
  threads: number;
}

/** A reprocess in this process. */
async function timed({ dir, feed, version, threads: count }: Run): Promise<Timing> {
  const storage = folderStorage(dir);
  const startMs = performance.now();
  const startCpuMs = cpuMs();
  await reprocess({
    ...{ storage, env: "bench", feed, version, from: "2026-08-01", to: "2026-08-02" },
    ...{ software: { version: "0.0.0", commit: "bench" }, tempDir: dir },
    ...(count > 1 ? { threads: { count, storage: { type: "local", path: dir } } } : {}),
  });
  await storage.close();
  return { ms: performance.now() - startMs, cpuMs: cpuMs() - startCpuMs };
}

/** A reprocess in a process of its own; its start and the loading of modules are not counted. */
async function timedAlone(run: Run): Promise<Timing> {
  const args = ["run", "-A", "-q", "--frozen", import.meta.filename ?? ""];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, JSON.stringify(run)],
    stderr: "inherit",
  });
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`a run ended with ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What this processor does with the frames when it does nothing else. */
function parsedPerCpuSecond(texts: readonly string[]): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const startMs = cpuMs();
    for (const frame of texts) JSON.parse(frame);
    return cpuMs() - startMs;
  });
  return texts.length * 1000 / median(times);
}

function text(perSecond: number): string {
  return Math.round(perSecond).toLocaleString("en");
}

async function bench(input: Input): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-bench-" });
  try {
    const storage = folderStorage(dir);
    const count = await fill(storage, input);
    await storage.close();
    const floor = parsedPerCpuSecond(input.frames(0));
    console.log(
      `${input.name}: ${text(count)} frames, JSON.parse alone ${text(floor)} a CPU second`,
    );
    let oneMs = NaN;
    const rounds = new Map<number, Timing[]>([[1, []], [2, []]]);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [threads, times] of rounds) {
        const version = `t${threads}-${round}`;
        times.push(await timedAlone({ dir, feed: input.venue, version, threads }));
      }
    }
    for (const [threads, times] of rounds) {
      const ms = median(times.map((each) => each.ms));
      const perCpuSecond = count * 1000 / median(times.map((each) => each.cpuMs));
      if (threads === 1) oneMs = ms;
      const columns = [
        `${text(count * 1000 / ms)} frames/s`.padStart(20),
        `${text(perCpuSecond)} a CPU second`.padStart(24),
        `${(perCpuSecond / floor).toFixed(2)} × JSON.parse`.padStart(20),
        threads > 1 ? `${(oneMs / ms).toFixed(2)} × one thread`.padStart(20) : "",
      ];
      console.log(`  ${threads} thread${threads > 1 ? "s" : " "}${columns.join("").trimEnd()}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const REPEATS = 24;

/** The same frames again and again; a book's snapshot begins each round. */
function repeated(texts: string[]): string[] {
  return Array.from({ length: REPEATS }, () => texts).flat();
}

/** Kalshi numbers its messages: they go on counting. */
function renumbered(texts: readonly string[], day: number): string[] {
  const [subscribed = "", snapshot = "", ...deltas] = texts;
  const all = day === 0 ? [subscribed, snapshot] : [];
  let seq = 1 + day * REPEATS * deltas.length;
  for (let r = 0; r < REPEATS; r++) {
    for (const text of deltas) all.push(text.replace(/"seq":\d+/, `"seq":${++seq}`));
  }
  return all;
}

async function benchAll(): Promise<void> {
  const trades = krakenTrades();
  const books = krakenBooks();
  const deltas = kalshiDeltas();
  await bench({
    name: "kraken trade",
    venue: "kraken",
    // Trade ids go on: a repeated one is another kind of work.
    frames: (day) =>
      Array.from(
        { length: REPEATS },
        (_, r) =>
          trades.map((text) =>
            text.replace(/"trade_id":(\d+)/, (_, id) =>
              `"trade_id":${Number(id) + (day * REPEATS + r) * trades.length}`)
          ),
      ).flat(),
  });
  await bench({ name: "kraken book, checksum", venue: "kraken", frames: () => repeated(books) });
  await bench({ name: "kalshi delta", venue: "kalshi", frames: (day) => renumbered(deltas, day) });
}

const [run] = Deno.args;
if (!run?.startsWith("{")) await benchAll();
else console.log(JSON.stringify(await timed(JSON.parse(run))));
