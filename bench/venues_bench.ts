/**
 * Bytes of a frame → record → encoded message with subject and id, on one core, against `JSON.parse`
 * alone on the same frames in the same run. Stages are cumulative: `scan` reads the bytes, `records` adds
 * books, checksums and records, `messages` adds the connector's pipeline, `enriched` three enrichers. Times are CPU times and rounds
 * take turns, so a machine that does other things as well changes little.
 */
import { Buffer } from "node:buffer";
import { type Venue, VENUES } from "@ssmd/exchanges";
import {
  costOf,
  parse,
  recordsMade,
  scan,
  type Stage,
  toMessages,
  toRecords,
} from "./frame_stages.ts";
import {
  captured,
  kalshiDeltas,
  kalshiTickers,
  kalshiTrades,
  krakenBooks,
  krakenTickers,
  krakenTrades,
} from "./frames.ts";
import { median } from "./measure.ts";

const ROUNDS = 15;

function bench(name: string, venue: Venue, texts: readonly string[]): void {
  if (texts.length === 0) return;
  const frames = texts.map((text) => Buffer.from(text));
  const stages: Stage[] = [
    parse,
    scan(venue),
    toRecords(venue),
    toMessages(venue),
    toMessages(venue, { isScanned: false }),
    toMessages(venue, { isEnriched: true }),
  ];
  const costs: number[][] = stages.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, stage] of stages.entries()) costs[i]?.push(costOf(stage, frames, texts));
  }
  const [floor = NaN, ...rest] = costs.map(median);
  const cells = rest.map((us) => `${us.toFixed(2)} (${(floor / us).toFixed(2)} ×)`.padStart(16));
  console.log(name.padEnd(24) + floor.toFixed(2).padStart(11) + cells.join(""));
  if (recordsMade() === 0) throw new RangeError(`${name} gave no records`);
}

const HEADS = ["scan", "records", "messages", "all as JSON", "enriched"].map((head) =>
  head.padStart(16)
);
console.log(`${"µs a frame (× floor)".padEnd(24)}${"JSON.parse".padStart(11)}${HEADS.join("")}`);
const { kraken, kalshi } = VENUES as { kraken: Venue; kalshi: Venue };
bench("kraken book, checksum", kraken, krakenBooks());
bench("kraken book, recorded", kraken, captured("kraken/btcusd-depth25-20260802.jsonl.zst"));
bench("kraken trade", kraken, krakenTrades());
bench("kraken ticker", kraken, krakenTickers());
bench("kalshi delta", kalshi, kalshiDeltas());
bench("kalshi, recorded", kalshi, captured("kalshi/btc15m-20260514t043118z.jsonl.zst"));
bench("kalshi trade", kalshi, kalshiTrades());
bench("kalshi ticker", kalshi, kalshiTickers());
