/**
 * Frame text → records → encoded messages with subjects and ids, on one core, against `JSON.parse`
 * alone on the same frames. The way is the connector's own: translator, encoder, names.
 */
import { Buffer } from "node:buffer";
import { Pipeline } from "@ssmd/connector";
import { readFrame, Translator, type Venue, VENUES } from "@ssmd/exchanges";
import {
  captured,
  FRAMES,
  kalshiDeltas,
  krakenBooks,
  krakenTickers,
  krakenTrades,
} from "./frames.ts";
import { measure, type Measurement } from "./measure.ts";

function newTranslator(venue: Venue): Translator {
  const version = venue.normalizers.at(-1);
  if (!version) throw new RangeError(`${venue.id} has no normalizer`);
  return new Translator(venue.id, version.create({ feed: venue.id, symbols: [] }));
}

function pipelineOf(venue: Venue, publish: () => void): Pipeline {
  return new Pipeline({
    ...{ env: "bench", feed: venue.id, run: "bench" },
    translators: [newTranslator(venue)],
    output: { publish, deadLetter: () => {}, meaning: () => {} },
  });
}

function row(name: string, floor: Measurement, measured: Measurement): void {
  const ownUs = 1e6 / measured.opsPerSecond - 1e6 / floor.opsPerSecond;
  console.log([
    name.padEnd(46),
    `${Math.round(measured.opsPerSecond).toLocaleString("en")}/s`.padStart(12),
    `${(measured.opsPerSecond / floor.opsPerSecond).toFixed(2)} × JSON.parse`.padStart(18),
    `own ${ownUs.toFixed(2)} µs`.padStart(14),
  ].join(""));
}

function bench(name: string, venue: Venue, texts: string[]): void {
  if (texts.length === 0) return;
  const repeats = Math.ceil(FRAMES / texts.length);
  const frames = texts.map((text) => Buffer.from(text));
  let count = 0;
  const over = (fn: () => (text: string, i: number) => void) => () => {
    for (let r = 0; r < repeats; r++) {
      const each = fn();
      for (let i = 0; i < texts.length; i++) each(texts[i] as string, i);
    }
  };
  const ops = texts.length * repeats;
  const floor = measure(name, ops, over(() => (text) => JSON.parse(text)));
  row(`${name}: JSON.parse alone`, floor, floor);
  const records = measure(
    name,
    ops,
    over(() => {
      const translator = newTranslator(venue);
      return (text, i) => count += translator.frame(JSON.parse(text), text, i).events.length;
    }),
  );
  row(`${name}: to records`, floor, records);
  const encoded = measure(
    name,
    ops,
    over(() => {
      const pipeline = pipelineOf(venue, () => count++);
      return (_, i) => {
        const frame = readFrame(frames[i] as Buffer);
        if (!frame.readable) throw new RangeError(frame.reason);
        pipeline.process({
          connectionIndex: 1,
          atUs: i,
          kind: "frame",
          json: frame.json,
          text: frame.text,
        });
      };
    }),
  );
  row(`${name}: bytes to encoded messages`, floor, encoded);
  if (count === 0) throw new RangeError(`${name} gave no records`);
}

const { kraken, kalshi } = VENUES as { kraken: Venue; kalshi: Venue };
bench("kraken trade", kraken, krakenTrades());
bench("kraken ticker", kraken, krakenTickers());
bench("kraken book, checksum", kraken, krakenBooks());
bench("kraken book, recorded", kraken, captured("kraken/btcusd-depth25-20260802.jsonl.zst"));
bench("kalshi delta", kalshi, kalshiDeltas());
bench("kalshi, recorded", kalshi, captured("kalshi/btc15m-20260514t043118z.jsonl.zst"));
