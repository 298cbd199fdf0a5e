/**
 * Bytes of a frame → record → encoded message with subject and id, on one core, against `JSON.parse`
 * alone on the same frames in the same run. Stages are cumulative: `scan` reads the bytes, `records` adds
 * books, checksums and records, `messages` adds the connector's pipeline, `enriched` three enrichers. Times are CPU times and rounds
 * take turns, so a machine that does other things as well changes little.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { EnrichedOutput, Pipeline, type PipelineOutput } from "@ssmd/connector";
import {
  type FrameScanner,
  type Normalizer,
  readFrame,
  Translator,
  type Venue,
  VENUES,
} from "@ssmd/exchanges";
import { enrichmentOf } from "@ssmd/metadata";
import type { Publisher } from "@ssmd/transport";
import {
  captured,
  FRAMES,
  kalshiDeltas,
  kalshiTickers,
  kalshiTrades,
  krakenBooks,
  krakenTickers,
  krakenTrades,
} from "./frames.ts";
import { median } from "./measure.ts";

const ROUNDS = 15;

/** What is done with each frame; made anew each round, as books go on from frame to frame. */
type Stage = () => (frame: Buffer, text: string, i: number) => void;

let records = 0;

function newNormalizer(venue: Venue): Normalizer {
  const version = venue.normalizers.at(-1);
  if (version === undefined) throw new RangeError(`${venue.id} has no normalizer`);
  return version.create({ feed: venue.id, symbols: [] });
}

function scannerOf(normalizer: Normalizer): FrameScanner {
  if (normalizer.scanner === undefined) throw new RangeError("there is no scanner");
  return normalizer.scanner;
}

const parse: Stage = () => (_, text) => JSON.parse(text);

function scan(venue: Venue): Stage {
  return () => {
    const scanner = scannerOf(newNormalizer(venue));
    return (frame) => {
      if (scanner.scan(frame) >= 0) scanner.done();
    };
  };
}

function toRecords(venue: Venue): Stage {
  return () => {
    const normalizer = newNormalizer(venue);
    const scanner = scannerOf(normalizer);
    const translator = new Translator(venue.id, normalizer);
    return (frame, text, atUs) => {
      const offset = scanner.scan(frame);
      const { events } = offset < 0
        ? translator.frame(JSON.parse(text), text, atUs)
        : translator.line({ kind: "scanned", atUs, frame, scanner, offset });
      records += events.length;
    };
  };
}

/** Rows that go nowhere. */
const NOWHERE = { full: false, publish: () => {} } as unknown as Publisher;

/** Three enrichers on what is told. */
function enriched(feed: string, output: PipelineOutput): PipelineOutput {
  const values = { mid: "mid", spread: "spread", spread_bps: "spread_bps", vwap: "vwap(1m)" };
  const enrichment = enrichmentOf({
    symbols: {},
    enrich: [
      { name: "reference", type: "reference_join", fields: ["base", "quote", "state"] },
      { name: "prices", type: "calculation", values },
      { name: "quality", type: "quality", stale_after: 10_000, wide_above_bps: 50 },
    ],
  }, []);
  if (enrichment === undefined) throw new RangeError("nothing is enriched");
  const options = { env: "bench", feed, run: "bench", enrichment, publisher: NOWHERE };
  return new EnrichedOutput(options).around(output);
}

/** `isScanned` false = every frame is read as JSON, as unusual ones are. */
function toMessages(venue: Venue, isScanned: boolean, isEnriched = false): Stage {
  return () => {
    const normalizer = newNormalizer(venue);
    const scanner = scannerOf(normalizer);
    const output = { publish: () => records++, deadLetter: () => {}, meaning: () => {} };
    const pipeline = new Pipeline({
      ...{ env: "bench", feed: venue.id, run: "bench" },
      translators: [new Translator(venue.id, normalizer)],
      output: isEnriched ? enriched(venue.id, output) : output,
    });
    return (bytes, _, atUs) => {
      const offset = isScanned ? scanner.scan(bytes) : -1;
      if (offset >= 0) {
        pipeline.process({
          connectionIndex: 1,
          atUs,
          kind: "scanned",
          frame: bytes,
          scanner,
          offset,
        });
        return;
      }
      const frame = readFrame(bytes);
      if (!frame.readable) throw new RangeError(frame.reason);
      const { json, text } = frame;
      pipeline.process({ connectionIndex: 1, atUs, kind: "frame", json, text });
    };
  };
}

/** CPU time a frame, µs; what is made at a start is not counted. */
function cost(stage: Stage, frames: readonly Buffer[], texts: readonly string[]): number {
  const repeats = Math.ceil(FRAMES / texts.length);
  let us = 0;
  for (let r = 0; r < repeats; r++) {
    const each = stage();
    const before = process.cpuUsage();
    for (let i = 0; i < texts.length; i++) each(frames[i] as Buffer, texts[i] as string, i);
    const { user, system } = process.cpuUsage(before);
    us += user + system;
  }
  return us / (repeats * texts.length);
}

function bench(name: string, venue: Venue, texts: readonly string[]): void {
  if (texts.length === 0) return;
  const frames = texts.map((text) => Buffer.from(text));
  const stages = [
    parse,
    scan(venue),
    toRecords(venue),
    toMessages(venue, true),
    toMessages(venue, false),
    toMessages(venue, true, true),
  ];
  const costs: number[][] = stages.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, stage] of stages.entries()) costs[i]?.push(cost(stage, frames, texts));
  }
  const [floor = NaN, ...rest] = costs.map(median);
  const cells = rest.map((us) => `${us.toFixed(2)} (${(floor / us).toFixed(2)} ×)`.padStart(16));
  console.log(name.padEnd(24) + floor.toFixed(2).padStart(11) + cells.join(""));
  if (records === 0) throw new RangeError(`${name} gave no records`);
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
