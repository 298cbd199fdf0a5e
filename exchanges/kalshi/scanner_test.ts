import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { mutated, MUTATED_FRAMES, randomOf, ScannerTwins } from "../_scanner_fixtures.ts";
import { kalshi } from "./venue.ts";

const VERSION = kalshi.normalizers[2] as typeof kalshi.normalizers[number];
const FOLDER = `${
  Deno.env.get("SSMD_CAPTURES") ?? new URL("../../../shared/captures", import.meta.url).pathname
}/kalshi`;
const TICKER = "KXTEST-26AUG01-T1";
const BEGIN = [
  '{"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}}',
  '{"type":"subscribed","id":2,"msg":{"channel":"trade","sid":2}}',
  `{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"${TICKER}",` +
  '"yes_dollars_fp":[["0.4300","10.00"]],"no_dollars_fp":[["0.5500","2.50"]]}}',
];

function delta(seq: number, change: string, side = "yes"): string {
  return `{"type":"orderbook_delta","sid":1,"seq":${seq},"msg":{"market_ticker":"${TICKER}",` +
    `"market_id":"957ed958-0000-0000-0000-000000000000","price_dollars":"0.4300",` +
    `"delta_fp":"${change}","side":"${side}","ts":"2026-08-01T00:00:01.00025Z",` +
    `"ts_ms":1785542401000}}`;
}

function trade(seq: number, taker = "yes"): string {
  return `{"type":"trade","sid":2,"seq":${seq},"msg":{"trade_id":"957ed958-1","market_ticker":"${TICKER}",` +
    `"yes_price_dollars":"0.4400","no_price_dollars":"0.5600","count_fp":"1.50",` +
    `"taker_side":"${taker}","taker_outcome_side":"${taker}",` +
    `"taker_book_side":"${taker === "yes" ? "bid" : "ask"}","is_block_trade":false,` +
    `"ts":1785542401,"ts_ms":1785542401123}}`;
}

const TICKER_FRAME = `{"type":"ticker","sid":3,"msg":{"market_ticker":"${TICKER}",` +
  '"market_id":"957ed958-0000-0000-0000-000000000000","price_dollars":"0.4400",' +
  '"yes_bid_dollars":"0.4300","yes_ask_dollars":"0.4500","volume_fp":"100.00",' +
  '"open_interest_fp":"50.00","dollar_volume":44,"dollar_open_interest":25,' +
  '"yes_bid_size_fp":"8.50","yes_ask_size_fp":"2.50","last_trade_size_fp":"1.00",' +
  '"ts":1785542401,"ts_ms":1785542401123,"time":"2026-08-01T00:00:01.123456Z"}}';

function captured(): string[][] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER).filter((name) => name.endsWith(".zst")).slice(0, 4).map((name) =>
    zstdDecompressSync(readFileSync(`${FOLDER}/${name}`)).toString().split("\n")
      .filter((line) => line.includes('"m":')).slice(0, 30_000)
      .map((line) => line.slice(line.indexOf('"m":') + 4, -1))
  );
}

Deno.test("the usual frames of Kalshi are scanned, and mean what they mean as JSON", () => {
  const twins = new ScannerTwins(VERSION);
  const frames = [delta(2, "1.50"), delta(3, "-0.50"), delta(3, "-0.50"), delta(5, "-90.00", "no")];
  for (const frame of [...BEGIN, ...frames, trade(1), trade(2, "no"), trade(4), TICKER_FRAME]) {
    twins.take(frame);
  }
  twins.assertSameState();
  assert.deepEqual(twins.count, { frames: 11, scanned: 8 });
});

Deno.test("frames of Kalshi of other shapes are left to JSON", () => {
  const others = [
    delta(2, "1.50").replace('"sid":1,"seq":2', '"seq":2,"sid":1'),
    delta(2, "1.505"),
    delta(2, "1.50", "maybe"),
    delta(2, "1.50").replace("0.4300", "1.0000"),
    delta(2, "1.50").replace("2026-08-01T00:00:01.00025Z", "1970-01-01T00:00:00.0Z"),
    delta(2, "1.50").replace('"ts_ms"', '"subaccount":1,"ts_ms"'),
    trade(1, "nobody"),
    TICKER_FRAME.replace('"price_dollars":"0.4400"', '"price_dollars":null'),
  ];
  for (const frame of others) {
    const twins = new ScannerTwins(VERSION);
    for (const each of [...BEGIN, frame]) twins.take(each);
    twins.assertSameState();
    assert.equal(twins.count.scanned, 0, frame);
  }
});

Deno.test("recorded and changed frames of Kalshi mean the same scanned and as JSON", () => {
  for (const texts of captured()) {
    const twins = new ScannerTwins(VERSION);
    for (const text of texts) twins.take(text);
    twins.assertSameState();
    assert.ok(twins.count.scanned > twins.count.frames * 0.8, `${twins.count.scanned} scanned`);
  }
  const random = randomOf(13);
  const twins = new ScannerTwins(VERSION);
  while (twins.count.frames < MUTATED_FRAMES) {
    for (const frame of BEGIN) twins.take(frame);
    for (let seq = 2; seq < 20; seq++) {
      const change = `${random(2) ? "-" : ""}${random(9)}.${random(10)}0`;
      const frames = [delta(seq, change, random(2) ? "yes" : "no"), trade(seq), TICKER_FRAME];
      twins.take(mutated(frames[random(3)] as string, random));
    }
  }
  twins.assertSameState();
  assert.ok(twins.count.scanned > twins.count.frames / 4, `${twins.count.scanned} scanned`);
});
