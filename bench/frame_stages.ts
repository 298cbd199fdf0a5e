/** What is done with a frame's bytes, in steps, and what a step costs. @module */
import { Buffer } from "node:buffer";
import process from "node:process";
import { type CaptureInfo, compressFrame, RawFileBuilder } from "@ssmd/archive";
import { frameLine } from "@ssmd/archive/testing/raw_file";
import { EnrichedOutput, Pipeline, type PipelineOutput } from "@ssmd/connector";
import {
  type FrameScanner,
  type Normalizer,
  readFrame,
  Translator,
  type Venue,
} from "@ssmd/exchanges";
import { enrichmentOf } from "@ssmd/metadata";
import type { OutMessage, Publisher } from "@ssmd/transport";
import { FRAMES } from "./frames.ts";

/** What is done with each frame; made anew each round, as books go on from frame to frame. */
export type Stage = () => (frame: Buffer, text: string, i: number) => void;

const ZSTD_BLOCK_BYTES = 1024 * 1024;
const CHUNK_LINES = 1000;
const START_US = 1_785_542_400_000_000;
const CAPTURE: CaptureInfo = {
  ...{ run: "bench", connection: "bench-1", env: "bench", feed: "bench", venue: "bench" },
  ...{ endpoint: "wss://127.0.0.1/", symbols: [], location: "", host: "here" },
  clock: { source: "system", status: "unknown", offsetUs: null },
  ...{ software: { version: "0", commit: "0" }, linesBefore: 0 },
};

let records = 0;

/** Records and messages that all stages of this process made, so that a bench sees that work was done. */
export function recordsMade(): number {
  return records;
}

function newNormalizer(venue: Venue): Normalizer {
  const version = venue.normalizers.at(-1);
  if (version === undefined) throw new RangeError(`${venue.id} has no normalizer`);
  return version.create({ feed: venue.id, symbols: [] });
}

function scannerOf(normalizer: Normalizer): FrameScanner {
  if (normalizer.scanner === undefined) throw new RangeError("there is no scanner");
  return normalizer.scanner;
}

export const parse: Stage = () => (_, text) => JSON.parse(text);

export function scan(venue: Venue): Stage {
  return () => {
    const scanner = scannerOf(newNormalizer(venue));
    return (frame) => {
      if (scanner.scan(frame) >= 0) scanner.done();
    };
  };
}

export function toRecords(venue: Venue): Stage {
  return () => {
    const normalizer = newNormalizer(venue);
    const scanner = scannerOf(normalizer);
    const translator = new Translator(venue.id, normalizer);
    return (frame, text, i) => {
      const offset = scanner.scan(frame);
      const atUs = START_US + i;
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

/** Options of {@linkcode toMessages}. */
export interface MessageStageOptions {
  /** Default true; false = every frame is read as JSON, as unusual ones are. */
  isScanned?: boolean;
  /** Default false; true adds three enrichers. */
  isEnriched?: boolean;
  /** Gets each message; its payload stays as it is. */
  onMessage?: (message: OutMessage) => void;
}

export function toMessages(venue: Venue, options: MessageStageOptions = {}): Stage {
  const { isScanned = true, isEnriched = false, onMessage } = options;
  return () => {
    const normalizer = newNormalizer(venue);
    const scanner = scannerOf(normalizer);
    const count = () => records++;
    const output = { publish: onMessage ?? count, deadLetter: () => {}, meaning: () => {} };
    const pipeline = new Pipeline({
      ...{ env: "bench", feed: venue.id, run: "bench" },
      translators: [new Translator(venue.id, normalizer)],
      output: isEnriched ? enriched(venue.id, output) : output,
    });
    return (bytes, _, i) => {
      const atUs = START_US + i;
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

/** Messages, and the frames' raw lines, which come in chunks of a spool, as a file of the archive. */
export function toRawFile(venue: Venue, texts: readonly string[]): Stage {
  const lines = texts.map((text, i) => frameLine(START_US + i, text));
  const chunks = Array.from(
    { length: Math.ceil(lines.length / CHUNK_LINES) },
    (_, i) => Buffer.from(lines.slice(i * CHUNK_LINES, (i + 1) * CHUNK_LINES).join("")),
  );
  return () => {
    const send = toMessages(venue)();
    return (frame, text, i) => {
      send(frame, text, i);
      if (i < texts.length - 1) return;
      const builder = new RawFileBuilder(CAPTURE);
      for (const chunk of chunks) builder.add(chunk);
      builder.finish();
    };
  };
}

/** The frames' bytes compressed as the archive does it, in blocks of 1 MiB. */
export function zstdAlone(count: number): Stage {
  return () => {
    const block = Buffer.alloc(ZSTD_BLOCK_BYTES);
    let end = 0;
    const compress = () => {
      compressFrame(block.subarray(0, end));
      end = 0;
    };
    return (frame, _, i) => {
      if (end + frame.length > block.length) compress();
      end += frame.copy(block, end);
      if (i === count - 1) compress();
    };
  };
}

/** CPU time a frame, µs, of at least {@linkcode FRAMES} frames; what is made at a start is not counted. */
export function costOf(stage: Stage, frames: readonly Buffer[], texts: readonly string[]): number {
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
