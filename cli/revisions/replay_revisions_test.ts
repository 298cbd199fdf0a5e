import assert from "node:assert/strict";
import { eventLine } from "@ssmd/archive";
import { frameLine } from "@ssmd/archive/testing/raw_file";
import { bookTexts, RawWriter, tradeText } from "@ssmd/dataset/testing/raw_days";
import { folderStorage } from "@ssmd/storage";
import {
  changeClone,
  killedAfter,
  NOTHING_LEFT,
  REVISION_RUNS,
  runLine,
  withClone,
} from "../testing/own_clone.ts";

const MIDNIGHT_US = Date.parse("2026-08-02T00:00:00Z") * 1000;
const HOUR_US = 3_600_000_000;
const REPLAY = "ssmd test replay --source ./ssmd --feed kraken --data";

/** A book whose only snapshot stands on the first of two days. */
async function fillBooks(dir: string): Promise<void> {
  await Deno.mkdir(dir);
  const storage = folderStorage(dir);
  const books = new RawWriter(storage, "m1abc", 1, { BTCUSD: "BTC/USD" });
  const lines = bookTexts(40).map((text, i) =>
    frameLine(MIDNIGHT_US + (i < 20 ? -HOUR_US : HOUR_US) + i * 100_000, text)
  );
  await books.file([
    eventLine(MIDNIGHT_US - HOUR_US - 5, "connect", "first"),
    ...lines.slice(0, 20),
  ]);
  await books.file(lines.slice(20));
  await storage.close();
}

/** Books on one connection, trades on another. */
async function fillBoth(dir: string): Promise<void> {
  await fillBooks(dir);
  const storage = folderStorage(dir);
  const trades = new RawWriter(storage, "m1abc", 2, { ETHUSD: "ETH/USD" });
  await trades.file(
    Array.from(
      { length: 20 },
      (_, i) => frameLine(MIDNIGHT_US + 2 * HOUR_US + i * 1000, tradeText("ETH/USD", 1 + i)),
    ),
  );
  await storage.close();
}

interface Fault {
  name: string;
  /** A file of the clone, what stands in it, and what stands there instead. */
  change: [path: string, from: string, to: string];
  data: string;
  /** Results by day. */
  results: Record<string, "PASS" | "FAIL">;
  /** What the summary says of the first record that differs. */
  first: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    name: "a rounded price",
    change: ["exchanges/kraken/trade.ts", "price: given.price,", "price: Math.round(given.price),"],
    data: "./data",
    results: { "2026-08-01": "FAIL" },
    first:
      /first record that differs: BTCUSD 2026-08-01T02:53:50\.00\d+Z trade: changed: price 66000\.1 → 66000\n/,
  },
  {
    name: "a lost side of books",
    change: [
      "exchanges/tracked_book.ts",
      "      bids,\n      asks,\n      depth",
      "      bids: [],\n      asks,\n      depth",
    ],
    data: "./books",
    results: { "2026-08-01": "FAIL", "2026-08-02": "FAIL" },
    first:
      /2026-08-01: the first record that differs: BTCUSD 2026-08-01T23:00:00[.\d]*Z orderbook: changed: bids/,
  },
  {
    name: "frames of one type that are dropped",
    change: ["exchanges/kraken/trade.ts", "addEvent(out, trade);", ""],
    data: "./both",
    results: { "2026-08-01": "PASS", "2026-08-02": "FAIL" },
    first:
      /2026-08-02: the first record that differs: ETHUSD 2026-08-02T02:00:00[.\d]*Z trade: only old/,
  },
];

Deno.test("a fault of a normalizer is found with the first record that differs; equal ones pass", () =>
  withClone(async (project) => {
    await fillBooks(`${project.dir}/books`);
    await fillBoth(`${project.dir}/both`);
    for (const { name, change: [path, from, to], data, results, first } of FAULTS) {
      await runLine(project, "git -C ssmd checkout -q .");
      await changeClone(project, path, { from, to });
      const summary = await runLine(project, `${REPLAY} ${data}`, 1);
      assert.match(summary, first, `${name}\n${summary}`);
      const found = [...summary.matchAll(/^(\d{4}-\d\d-\d\d) +(PASS|FAIL)/gm)];
      assert.deepEqual(Object.fromEntries(found.map(([, day, is]) => [day, is])), results, name);
    }
    // The second day alone: its books need the snapshot of the day before. The fault is not committed.
    const same = JSON.parse(
      await runLine(
        project,
        `${REPLAY} ./both --date 2026-08-02 --candidate main --output json -q`,
      ),
    );
    assert.deepEqual([same.passed, same.days.length, same.days[0].first], [true, 1, null]);
    const whole = JSON.parse(
      await runLine(
        project,
        "ssmd reprocess run --feed kraken --data ./both --as whole --output json -q",
      ),
    );
    const types: { type: string; same: number }[] = same.days[0].types;
    const counts = Object.fromEntries(types.map((each) => [each.type, each.same]));
    assert.deepEqual(
      { ...counts, ticker: 0, status: 0, fire: 0, action: 0 },
      whole.days[1].made.records,
    );
    assert.equal(counts["trade"], 20);
    assert.equal(await runLine(project, NOTHING_LEFT), "0\n1\n");
  }));

Deno.test({
  name: "a replay that is ended leaves nothing behind; what a killed one left goes with the next",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withClone(async (project) => {
      const ended = (signal: string) =>
        runLine(project, killedAfter(`${REPLAY} ./data`, REVISION_RUNS, signal));
      assert.equal(await ended("TERM"), "ended with 1\n0\n1\n");
      assert.match(await runLine(project, "cat err"), /INTERRUPTED/);
      assert.match(await ended("KILL"), /^(Killed\n)?ended with 137\n1\n\d\n$/);
      await runLine(project, `${REPLAY} ./data --baseline no-such-revision`, 1);
      assert.equal(await runLine(project, NOTHING_LEFT), "0\n1\n");
    }),
});
