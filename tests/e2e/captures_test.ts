import assert from "node:assert/strict";
import type { Gap } from "@ssmd/market";
import { rebuilt, recordsIn } from "./_archived.ts";
import { capturesDir, SESSION_HOLES } from "./_captures.ts";
import { Folder, RunningUp, type Verified, verify } from "./_process.ts";
import { breaksIn, framesIn, type IndependentBook, type Reading } from "./independent_capture.ts";
import { readKalshi } from "./independent_kalshi.ts";
import { readKraken } from "./independent_kraken.ts";

const dir = capturesDir();
const TYPES = ["orderbook", "gap"] as const;
/** Captures that are played at once: one core each. */
const AT_ONCE = 2;

Deno.test({
  name: "of every capture the archive holds what an independent reading finds",
  ignore: dir === undefined,
  fn: async (t) => {
    const waiting = capturesIn(dir ?? "");
    assert.ok(waiting.length > 0);
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const capture = next;
        const name = `${capture.feed}/${nameOf(capture.path)}`;
        // Steps that run at once see each other's processes; the whole test is sanitized.
        const sanitize = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
        await t.step({ name, fn: () => check(capture), ...sanitize });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  },
});

Deno.test({
  name: "of Kalshi's single frames, trades among them, the archive holds what there is",
  ignore: dir === undefined,
  fn: async () => {
    await using folder = new Folder();
    const path = `${folder.path}/single.jsonl`;
    const text = await Deno.readTextFile(`${dir}/kalshi/single-frames-2026.ndjson`);
    const raws = text.trim().split("\n").map((line) => (JSON.parse(line) as { raw?: string }).raw);
    let lifecycle = 0;
    // The venue's acknowledgement, which these frames lack, begins the numbers at 1.
    const frames = raws.filter((raw) => raw !== undefined).map((raw) =>
      raw.includes("market_lifecycle_v2") ? raw.replace(/"seq":\d+/, `"seq":${++lifecycle}`) : raw
    );
    const lines = frames.map((frame, index) => `{"t":"${index + 1}000000","m":${frame}}\n`);
    await Deno.writeTextFile(path, lines.join(""));
    const read = () => readKalshi(framesIn(path));
    assert.equal(read().trade, 3);
    await check({ feed: "kalshi", path, bytes: text.length, read });
  },
});

async function check({ feed, path, read }: Capture): Promise<void> {
  await using data = new Folder();
  await using up = new RunningUp(["--capture", path, "--speed", "max", "--data", data.path]);
  const expected = read();
  assert.equal((await up.end()).code, 0, up.output);
  assert.equal(up.captured()["unreadable"], 0);
  assert.equal(expected.unknown, 0);
  assert.equal(expected.negative, 0);
  assert.equal(expected.holes.length, SESSION_HOLES[nameOf(path)] ?? 0);
  const verifying = verify(data.path);
  const records = await recordsIn(data.path, "demo", feed, TYPES);
  const found = rebuilt(records);
  assert.equal(found.impossible, 0);
  assert.equal(found.snapshots + found.deltas, expected.orderbook);
  const gaps = records.filter((record) => record.type === "gap" && !record.recovered) as Gap[];
  const [breaks, others] = [true, false].map((isBreak) =>
    gaps.filter(({ reason }) => (reason === "disconnect") === isBreak)
  ) as [Gap[], Gap[]];
  assert.equal(breaks.length, breaksIn(path).size);
  assert.deepEqual(holesOf(others), expected.holes);
  if (feed === "kraken") assert.deepEqual(found.checksums, verifiedAll(expected));
  sameBooks(found.books, expected.books, feed);
  countsAgree(await verifying, expected);
}

function countsAgree({ code, days, output }: Verified, expected: Reading): void {
  assert.equal(code, 0, output);
  const sum = (type: "orderbook" | "ticker" | "trade") =>
    days.reduce((total, { records }) => total + records[type], 0);
  for (const type of ["orderbook", "ticker", "trade"] as const) {
    assert.equal(sum(type), expected[type], type);
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

interface Capture {
  feed: "kraken" | "kalshi";
  path: string;
  bytes: number;
  read: () => Reading;
}

function capturesIn(folder: string): Capture[] {
  const captures: Capture[] = [];
  for (const feed of ["kraken", "kalshi"] as const) {
    const names = [...Deno.readDirSync(`${folder}/${feed}`)].map(({ name }) => name).sort();
    for (const name of names) {
      const path = `${folder}/${feed}/${name}`;
      const read = readerOf(feed, path);
      const bytes = Deno.statSync(path).size;
      if (read !== undefined) captures.push({ feed, path, read, bytes });
    }
  }
  // The longest first: none is left over at the end.
  return captures.sort((a, b) => b.bytes - a.bytes);
}

function readerOf(feed: string, path: string): (() => Reading) | undefined {
  if (path.endsWith("-zeros-lost-20230730.json")) return () => readWithoutZeros(path);
  if (!path.endsWith(".jsonl.zst")) return undefined;
  if (feed === "kalshi") return () => readKalshi(framesIn(path), breaksIn(path));
  const depth = Number(/depth(\d+)/.exec(path)?.[1]);
  return () => readKraken(framesIn(path), depth);
}

/** A recorder lost the zeros at the end; the pair's digits stand in the captures' README. */
function readWithoutZeros(path: string): Reading {
  const { init, updates } = JSON.parse(Deno.readTextFileSync(path));
  const frames = [init, ...updates].map((frame) => JSON.stringify(frame));
  return readKraken(frames, 10, { price: 1, qty: 8 });
}

/** One for each hole, however many books it spoilt, in the words of the independent reading. */
function holesOf(gaps: readonly { reason: string; detail: string }[]): string[] {
  const details = new Set<string>();
  for (const { reason, detail } of gaps) {
    assert.equal(reason, "sequence", detail);
    details.add(detail);
  }
  return [...details].map((detail) => {
    const [, sid, numbers] = /sid (\d+) seq (\d+→\d+)/.exec(detail) ?? [];
    return `${sid} ${numbers}`;
  });
}

function verifiedAll({ orderbook, checksums }: Reading) {
  assert.deepEqual(checksums, { verified: orderbook, failed: 0 });
  return { verified: orderbook, unverified: 0, failed: 0 };
}

function sameBooks(
  found: Map<string, IndependentBook>,
  expected: Map<string, IndependentBook>,
  feed: string,
): void {
  const ours = (external: string) => feed === "kraken" ? external.replace("/", "") : external;
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].map(ours).sort());
  for (const [external, { bids, asks }] of expected) {
    const book = found.get(ours(external));
    assert.deepEqual(sorted(book?.bids), sorted(bids), `bids of ${external}`);
    assert.deepEqual(sorted(book?.asks), sorted(asks), `asks of ${external}`);
  }
}

function sorted(side: Map<string, string> | undefined): [string, string][] {
  return [...side ?? []].sort(([a], [b]) => a < b ? -1 : 1);
}
