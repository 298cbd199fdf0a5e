import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { mutated, MUTATED_FRAMES, randomOf, ScannerTwins } from "../_scanner_fixtures.ts";
import {
  bookFrame,
  snapshotFrame,
  textChecksum,
  type TextLevel,
  tradeFrame,
} from "./test_frames.ts";
import { kraken } from "./venue.ts";

const VERSION = kraken.normalizers[0] as typeof kraken.normalizers[number];
const FOLDER = `${
  Deno.env.get("SSMD_CAPTURES") ?? new URL("../../../shared/captures", import.meta.url).pathname
}/kraken`;
const BIDS: TextLevel[] = [["100.4", "0.50000000"], ["100.3", "2.00000001"], [
  "99.9",
  "12.00000000",
]];
const ASKS: TextLevel[] = [["100.5", "1.00000000"], ["101.0", "90000000.12345678"], ["0.1", "3.0"]];
const SNAPSHOT = snapshotFrame("BTC/USD", BIDS, ASKS);
const TICKER =
  '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":100.4,"bid_qty":0.5,"ask":100.5,"ask_qty":1.00000000,"last":100.4,"volume":1234.5,"vwap":100.2,"low":99.1,"high":101.2,"change":-1.5,"change_pct":-0.25,"timestamp":"2026-08-01T00:00:01.000250Z"}]}';

function updates(): string[] {
  const asks = [["0.1", "3.0"], ...ASKS.slice(0, 2)] as TextLevel[];
  const size = (text: string): TextLevel[] => [["100.4", text], ...BIDS.slice(1)];
  return [
    bookFrame(
      "update",
      "BTC/USD",
      [["100.4", "0.75000000"]],
      [],
      textChecksum(size("0.75000000"), asks),
    ),
    bookFrame("update", "BTC/USD", [], [], textChecksum(size("0.75000000"), asks)),
    bookFrame(
      "update",
      "BTC/USD",
      [["100.4", "0.5"]],
      [["102.0", "0.0"]],
      textChecksum(size("0.50000000"), asks),
    ),
  ];
}

function captured(): string[][] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER).filter((name) => name.endsWith(".zst")).map((name) =>
    zstdDecompressSync(readFileSync(`${FOLDER}/${name}`)).toString().split("\n")
      .filter((line) => line.includes('"m":'))
      .map((line) => line.slice(line.indexOf('"m":') + 4, -1))
  );
}

Deno.test("the usual frames of Kraken are scanned, and mean what they mean as JSON", () => {
  const twins = new ScannerTwins(VERSION);
  const trade = tradeFrame("update", [7]);
  const frames = [SNAPSHOT, ...updates(), trade, tradeFrame("update", [8, 9]), TICKER, trade];
  for (const frame of frames) twins.take(frame);
  twins.assertSameState();
  assert.deepEqual(twins.count, { frames: 8, scanned: 7 });
});

Deno.test("frames of Kraken of other shapes are left to JSON", () => {
  const [update = ""] = updates();
  const others = [
    update.replace('"type":"update",', '"type": "update",'),
    update.replace('"channel":"book","type":"update"', '"type":"update","channel":"book"'),
    update.replace("BTC/USD", "BTC\\/USD"),
    update.replace("BTC/USD", "BTÇ/USD"),
    update.replace('"qty":0.75000000', '"qty":7.5e-1'),
    update.replace('"qty":0.75000000', '"qty":"0.75000000"'),
    update.replace('"qty":0.75000000', '"qty":90000000.75000000'),
    update.replace("T00:00:01.000250Z", "T00:00:01+00:00"),
    update.replace("}]}", ',"more":1}]}'),
    tradeFrame("update", [9, 8]),
    `${update} `,
  ];
  const twins = new ScannerTwins(VERSION);
  for (const frame of others) {
    twins.take(SNAPSHOT);
    twins.take(frame);
  }
  twins.assertSameState();
  assert.equal(twins.count.scanned, 0);
});

Deno.test("recorded and changed frames of Kraken mean the same scanned and as JSON", () => {
  for (const texts of captured()) {
    const twins = new ScannerTwins(VERSION);
    for (const text of texts) twins.take(text);
    twins.assertSameState();
    const usual = texts.filter((text) => text.startsWith('{"channel":"book","type":"update"'));
    assert.equal(twins.count.scanned, usual.length);
  }
  const random = randomOf(11);
  const pool = [...updates(), ...updates(), tradeFrame("update", [7]), TICKER];
  for (const texts of captured()) pool.push(...texts.slice(2, 40));
  const twins = new ScannerTwins(VERSION);
  while (twins.count.frames < MUTATED_FRAMES) {
    twins.take(SNAPSHOT);
    for (const update of updates()) twins.take(update);
    for (let i = 0; i < 12; i++) {
      twins.take(mutated(pool[random(pool.length)] as string, random));
    }
  }
  twins.assertSameState();
  assert.ok(twins.count.scanned > twins.count.frames / 4, `${twins.count.scanned} scanned`);
});
