import assert from "node:assert/strict";
import { rebuilt, recordsIn } from "./_archived.ts";
import { capturesDir, SESSION_HOLES } from "./_captures.ts";
import { Folder, RunningUp, verify } from "./_process.ts";
import { framesIn, type IndependentBook, type Reading } from "./independent_capture.ts";
import { readKalshi } from "./independent_kalshi.ts";
import { readKraken } from "./independent_kraken.ts";

const dir = capturesDir();
const TYPES = ["orderbook", "gap"] as const;

for (const { feed, path, read } of dir === undefined ? [] : capturesIn(dir)) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  Deno.test(`capture ${feed}/${name}: the archive holds what an independent reading finds`, async () => {
    await using data = new Folder();
    await using up = new RunningUp([
      ...["--capture", path, "--speed", "max", "--data", data.path],
    ]);
    // Reads while the process plays: this thread has nothing else to do.
    const expected = read();
    assert.equal((await up.end()).code, 0, up.output);
    assert.equal(up.captured()["unreadable"], 0);
    assert.equal(expected.unknown, 0);
    assert.equal(expected.negative, 0);
    const verifying = verify(data.path);
    const records = await recordsIn(data.path, "demo", feed, TYPES);
    const found = rebuilt(records);
    assert.equal(found.impossible, 0);
    assert.equal(found.snapshots + found.deltas, expected.orderbook);
    const gaps = records.filter((record) => record.type === "gap");
    assert.deepEqual(holesOf(gaps.filter(({ recovered }) => !recovered)), expected.holes);
    assert.equal(expected.holes.length, SESSION_HOLES[name] ?? 0);
    if (feed === "kraken") assert.deepEqual(found.checksums, verifiedAll(expected));
    sameBooks(found.books, expected.books, feed);
    const verified = await verifying;
    assert.equal(verified.code, 0, verified.output);
    const counted = { orderbook: 0, ticker: 0, trade: 0 };
    for (const { records } of verified.days) {
      for (const type of ["orderbook", "ticker", "trade"] as const) counted[type] += records[type];
    }
    const { orderbook, ticker, trade } = expected;
    assert.deepEqual(counted, { orderbook, ticker, trade });
  });
}

Deno.test({
  name: "captures of both venues are played and checked (needs SSMD_CAPTURES)",
  ignore: dir === undefined,
  fn: () => assert.ok(capturesIn(dir ?? "").length > 0),
});

interface Capture {
  feed: "kraken" | "kalshi";
  path: string;
  read: () => Reading;
}

function capturesIn(folder: string): Capture[] {
  const captures: Capture[] = [];
  for (const feed of ["kraken", "kalshi"] as const) {
    const names = [...Deno.readDirSync(`${folder}/${feed}`)].map(({ name }) => name).sort();
    for (const name of names) {
      const path = `${folder}/${feed}/${name}`;
      const read = readerOf(feed, path);
      if (read !== undefined) captures.push({ feed, path, read });
    }
  }
  return captures;
}

function readerOf(feed: string, path: string): (() => Reading) | undefined {
  if (path.endsWith("-zeros-lost-20230730.json")) return () => readWithoutZeros(path);
  if (!path.endsWith(".jsonl.zst")) return undefined;
  if (feed === "kalshi") return () => readKalshi(framesIn(path));
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
