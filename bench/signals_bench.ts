/**
 * How fast signals are evaluated: three builders and ten signals over a market's records, beside
 * JSON.parse of the frames that they come from; in this process, in a host over its pipe, and with
 * `--peers=<folder>` or `--install` in nautilus_trader and bytewax.
 * @module
 */
import { decode, Encoder } from "@ssmd/codec";
import { folderStorage } from "@ssmd/storage";
import process from "node:process";
import { Translator, VENUES } from "@ssmd/exchanges";
import type { MarketEvent } from "@ssmd/market";
import {
  archivedRecords,
  backtest,
  BatchWriter,
  type HostedSignal,
  linkSignal,
  type LoadedSignal,
  loadedSignal,
  mergedRecords,
  OneAhead,
  StreamEngine,
  Supervisor,
} from "@ssmd/signals";
import * as sdk from "@ssmd/signal";
import { sealWindows, writeDay } from "./archived_day.ts";
import { captured, kalshiDeltas } from "./frames.ts";
import {
  type Contender,
  cpuUsPer,
  type Measurement,
  median,
  tableOf,
  takeTurns,
} from "./measure.ts";
import { peerFlags, Peers } from "./peers.ts";
import { peerContenders, SIGNAL_PEERS } from "./signals_peers.ts";
import { cpuSecondsOf } from "./watched.ts";

const CAPTURE = "kalshi/btc15m-20260514t043808z.jsonl.zst";
const FRAMES_MAX = 60_000;
const SIGNALS = 10;
const ROUNDS = 9;
/** Times that a round in this process takes the records: once is short beside a collection. */
const REPEATS = 3;
const HOST_ROUNDS = 7;
const SYMBOLS = 500;
const FRAME_US = 10_000;
/** Records of the sealed day: fewer would measure how it is opened. */
const DAY_RECORDS = 400_000;
const START_US = Date.parse("2026-08-01T02:00:00Z") * 1000;
const JSON_PARSE = "JSON.parse of the frames";

function frames(): string[] {
  const recorded = captured(CAPTURE);
  console.log(recorded.length > 0 ? `recorded: ${CAPTURE}` : "made up: there is no capture");
  return (recorded.length > 0 ? recorded : kalshiDeltas()).slice(0, FRAMES_MAX);
}

function recordsOf(texts: readonly string[]): MarketEvent[] {
  const version = VENUES["kalshi"]?.normalizers.at(-1);
  if (version === undefined) throw new RangeError("kalshi has no normalizer");
  const names = new Set(texts.join("\n").match(/(?<="market_ticker":")[^"]+/g));
  const symbols = [...names].map((symbol) => ({ symbol, external: symbol }));
  const position = { run: 1, connection: 1 };
  const translator = new Translator(
    "kalshi",
    version.create({ feed: "kalshi", symbols }),
    position,
  );
  return texts.flatMap((text, i) => {
    const atUs = START_US + i * FRAME_US;
    return translator.line({ kind: "frame", atUs, text }).events;
  });
}

/** A signal that looks at all three builders, at a limit of its own. */
function sourceOf(i: number): string {
  return `import { orderbook, priceHistory, signal } from "@ssmd/signal";
export default signal({
  title: "bench", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
  params: { limit: ${0.02 + i / 100} },
  state: {
    book: orderbook(),
    price: priceHistory({ window: "10s", source: "mid" }),
    ticks: priceHistory({ window: "30s", source: "mid" }),
  },
  when: ({ book, price }, p) => book.spread >= p.limit && Math.abs(price.change("5s")) > p.limit,
  cooldown: "10s",
  fire: ({ book }) => ({ spread: book.spread }),
});`;
}

async function signalsOf(count: number): Promise<HostedSignal[]> {
  const ids = Array.from({ length: count }, (_, i) => i);
  return await Promise.all(ids.map(async (i) => {
    const { code, sourceHash } = await linkSignal(
      `bench_${i}.ts`,
      () => Promise.resolve(sourceOf(i)),
    );
    return { id: `bench_${i}`, code, sourceHash, params: {} };
  }));
}

function loadedOf(signals: readonly HostedSignal[]): LoadedSignal[] {
  return signals.map(({ id, code, sourceHash }) => {
    const definition = new Function("sdk", code)(sdk);
    return loadedSignal({ id, definition, sourceHash, params: definition.params });
  });
}

function engineOf(signals: readonly LoadedSignal[]): StreamEngine {
  return new StreamEngine(signals, { fire: () => {}, report: () => {} });
}

/** The records as batches, so much later: a host that takes them again must see time go on. */
function batchesOf(records: readonly MarketEvent[], laterUs: number): Uint8Array[] {
  const encoder = new Encoder();
  const writer = new BatchWriter();
  const batches: Uint8Array[] = [];
  for (const record of records) {
    const receivedAtUs = record.receivedAtUs + laterUs;
    writer.addRecord(record.type, encoder.encode({ ...record, receivedAtUs }));
    if (writer.byteLength > 512 * 1024) batches.push(writer.finish(receivedAtUs));
  }
  batches.push(writer.finish(laterUs));
  return batches;
}

/** A host that takes the records again and again: processor time of it and of who sends to it. */
function hosted(supervisor: Supervisor, records: readonly MarketEvent[]): Contender {
  let taken = 0;
  const take = async (batches: readonly Uint8Array[]) => {
    for (const batch of batches) await supervisor.send(batch);
  };
  const costUs = async () => {
    let us = 0;
    for (let r = 0; r < REPEATS; r++) {
      const batches = batchesOf(records, taken++ * records.length * 2 * FRAME_US);
      const hostBefore = cpuSecondsOf(supervisor.pid ?? 0);
      us += await cpuUsPer(1, () => take(batches));
      us += (cpuSecondsOf(supervisor.pid ?? 0) - hostBefore) * 1e6;
    }
    return us / (REPEATS * records.length);
  };
  return { name: "a host and its sender", costUs };
}

/** The records again and again, each round later than the one before. */
function dayOf(records: readonly MarketEvent[]): MarketEvent[] {
  const [first, last] = [records[0], records.at(-1)];
  const roundUs = (last?.receivedAtUs ?? 0) - (first?.receivedAtUs ?? 0) + FRAME_US;
  const rounds = Array.from({ length: Math.ceil(DAY_RECORDS / records.length) }, (_, i) => i);
  return rounds.flatMap((round) =>
    records.map((record) => ({
      ...record,
      receivedAtUs: record.receivedAtUs + round * roundUs,
      sequence: record.sequence + round * (last?.sequence ?? 0),
    }))
  );
}

/**
 * Records a second of a sealed day through a host, as a backtest gives them to it: of the time that
 * passed, and of the processor time of both. Then of a whole backtest of one signal, with its start.
 */
async function sealed(
  signals: readonly HostedSignal[],
  day: () => readonly MarketEvent[],
): Promise<Measurement[]> {
  const feedId = { env: "bench", feed: "kalshi" };
  const dir = await Deno.makeTempDir();
  const storage = folderStorage(dir);
  const writer = new BatchWriter();
  const supervisor = new Supervisor({ signals, onSpent: (batch) => writer.giveBack(batch) });
  const [passed, worked, whole]: number[][] = [[], [], []];
  try {
    const minuteOf = ({ receivedAtUs }: MarketEvent) => Math.floor(receivedAtUs / 60e6);
    // No record stays in memory: the reader's would be collected more slowly.
    await writeDay(storage, feedId, Map.groupBy(day(), minuteOf).values());
    await sealWindows(storage, feedId, dir);
    await supervisor.start();
    const types = ["trade", "ticker", "orderbook", "status", "gap"] as const;
    for (let round = 0; round < HOST_ROUNDS; round++) {
      const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
      const hostBeganUs = cpuSecondsOf(supervisor.pid ?? 0) * 1e6;
      let count = 0;
      const ahead = new OneAhead<Uint8Array>(async (batch, onTaken) => {
        await supervisor.send(batch, onTaken);
      });
      for await (const batch of mergedRecords(storage, { ...feedId, feeds: ["kalshi"], types })) {
        for (const record of batch) writer.add(record);
        count += batch.length;
        if (writer.byteLength > 512 * 1024) await ahead.send(writer.finish(round));
      }
      await ahead.send(writer.finish(round));
      await ahead.idle();
      const { user, system } = process.cpuUsage(cpu);
      const hostUs = cpuSecondsOf(supervisor.pid ?? 0) * 1e6 - hostBeganUs;
      passed?.push(count / (performance.now() - startedMs) * 1e3);
      worked?.push(count / (user + system + hostUs) * 1e6);
    }
    for (let round = 0; round < HOST_ROUNDS; round++) {
      const [startedMs, signal] = [performance.now(), signals[0] as HostedSignal];
      const result = await backtest({ env: "bench", records: archivedRecords(storage), signal });
      whole?.push(result.records / (performance.now() - startedMs) * 1e3);
    }
  } finally {
    await supervisor.stop();
    await storage.close();
    await Deno.remove(dir, { recursive: true });
  }
  // The first ones warm up.
  const steady = (speeds: readonly number[] = []) => median(speeds.slice(2));
  return [
    { name: "a sealed day, by the processor time of both", opsPerSecond: steady(worked) },
    { name: "a sealed day, by the clock", opsPerSecond: steady(passed) },
    { name: "backtest of one signal, by the clock", opsPerSecond: steady(whole) },
  ];
}

/** Bytes that a host holds for so many markets with ten signals. */
async function memory(signals: readonly HostedSignal[]): Promise<string> {
  const supervisor = new Supervisor({ signals, limits: { watchdogMs: 30_000 } });
  const encoder = new Encoder();
  const writer = new BatchWriter();
  const levels = (sign: number) =>
    Array.from({ length: 20 }, (_, i) => ({ price: (50 + sign * (i + 1)) / 100, size: 100 + i }));
  try {
    await supervisor.start();
    for (let i = 0; i < SYMBOLS * 40; i++) {
      const receivedAtUs = START_US + i * FRAME_US;
      const record: MarketEvent = {
        ...{ type: "orderbook", kind: "snapshot", depth: 0, checksum: "unverified" },
        ...{ timestampUs: 0, receivedAtUs, feed: "kalshi", symbol: `M${i % SYMBOLS}` },
        ...{ sequence: i + 1, run: 1, connection: 1, bids: levels(-1), asks: levels(1) },
      };
      writer.addRecord(record.type, encoder.encode(record));
      if (writer.byteLength > 256 * 1024) await supervisor.send(writer.finish(i));
    }
    const { rssBytes, heapBytes, instances } = await supervisor.send(writer.finish(0));
    const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    // Most of the rest is Deno's program, which all processes of this machine share.
    const rollup = Deno.readTextFileSync(`/proc/${supervisor.pid}/smaps_rollup`);
    const part = (name: string) =>
      mb(Number(new RegExp(`^${name}: +(\\d+) kB`, "m").exec(rollup)?.[1]) * 1024);
    return `${instances} instances of ${SYMBOLS} markets: ${mb(rssBytes)} resident, ` +
      `${part("Pss")} its share of it (Pss), ${part("Private_Dirty")} its own (Private_Dirty), ` +
      `of which ${mb(heapBytes)} objects and buffers`;
  } finally {
    await supervisor.stop();
  }
}

const texts = frames();
const records = recordsOf(texts);
const encoder = new Encoder();
const messages = records.map((record) => [record.type, encoder.encode(record).slice()] as const);
const signals = await signalsOf(SIGNALS);
const count = records.length;
const loaded = loadedOf(signals);

const flags = peerFlags(Deno.args);
const file = await Deno.makeTempFile({ suffix: ".ndjson" });
const supervisor = new Supervisor({ signals, limits: { watchdogMs: 30_000 } });
await using peers = await Peers.open(flags, SIGNAL_PEERS);
await supervisor.start();
const own = (name: string, of: number, run: () => void): Contender => ({
  name,
  costUs: () =>
    cpuUsPer(of * REPEATS, () => {
      for (let r = 0; r < REPEATS; r++) run();
    }),
});
const rows = await takeTurns([
  own(JSON_PARSE, texts.length, () => {
    for (const text of texts) JSON.parse(text);
  }),
  own("decode", count, () => {
    for (const [type, message] of messages) decode(type, message);
  }),
  own(`engine, 3 builders, ${SIGNALS} signals`, count, () => {
    const engine = engineOf(loaded);
    for (const record of records) engine.take(record);
  }),
  own("decode and engine", count, () => {
    const engine = engineOf(loaded);
    for (const [type, message] of messages) engine.take(decode(type, message));
  }),
  hosted(supervisor, records),
  ...peerContenders(peers, records, file),
], flags.rounds ?? ROUNDS);
await supervisor.stop();
await Deno.remove(file);
rows.push(...await sealed(signals, () => dayOf(records)));
console.log(`${texts.length} frames, ${count} records, records a second of CPU time:`);
console.log(tableOf(rows, JSON_PARSE));
console.log(await memory(signals));
