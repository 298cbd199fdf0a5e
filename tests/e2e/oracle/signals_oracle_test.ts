import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { Encoder } from "@ssmd/codec";
import { Translator, VENUES } from "@ssmd/exchanges";
import type { MarketEvent } from "@ssmd/market";
import { BatchWriter, type HostedSignal, linkSignal, Supervisor } from "@ssmd/signals";
import { capturesDir } from "../_captures.ts";

const dir = capturesDir();
const BATCH_RECORDS = 5000;

/** A recorded session, and limits at which signals fire in it. */
interface Session {
  feed: "kraken" | "kalshi";
  file: string;
  lean: number;
  change: number;
  spread: number;
}

const SESSIONS: readonly Session[] = [
  { feed: "kraken", file: "btcusd-depth25-20260802", lean: 0.6, change: 0.00018, spread: 0.5 },
  { feed: "kalshi", file: "btc15m-20260514t043118z", lean: 0.5, change: 0.03, spread: 0.02 },
  // It connected seven times, and its numbers have six holes.
  {
    ...{ feed: "kalshi", file: "btc15m-fixed-terminal-oos-gauss45lock002" },
    ...{ lean: 0.5, change: 0.05, spread: 0.03 },
  },
];

/** The three signals that the evaluator in Python knows, as an author writes them. */
const sources = (feed: string): Readonly<Record<string, string>> => ({
  leans: `import { orderbook, signal } from "@ssmd/signal";
    export default signal({
      title: "leans", version: 1, on: { feeds: ["${feed}"], symbols: ["*"] },
      params: { limit: 0 },
      state: { book: orderbook({ depth: 5 }) },
      when: ({ book }, p) => book.imbalance >= p.limit,
      edge: "rising", cooldown: "5s", maxFiresPerHour: 36000,
      fire: ({ book }) => ({ imbalance: book.imbalance, mid: Number.isNaN(book.mid) ? null : book.mid }),
    });`,
  runs: `import { priceHistory, signal } from "@ssmd/signal";
    export default signal({
      title: "runs", version: 1, on: { feeds: ["${feed}"], symbols: ["*"] },
      params: { limit: 0 },
      state: { price: priceHistory({ window: "10s", source: "mid" }) },
      when: ({ price }, p) => Math.abs(price.change("10s")) >= p.limit,
      edge: "rising", cooldown: "10s", maxFiresPerHour: 36000,
      fire: ({ price }) => ({ change: price.change("10s"), price: price.last }),
    });`,
  narrows: `import { orderbook, signal } from "@ssmd/signal";
    export default signal({
      title: "narrows", version: 1, on: { feeds: ["${feed}"], symbols: ["*"] },
      params: { limit: 0 },
      state: { book: orderbook() },
      when: ({ book }, p) => book.spread >= p.limit,
      edge: "falling", every: "1s", maxFiresPerHour: 36000,
      fire: ({ book }) => ({ bid: Number.isNaN(book.bid) ? null : book.bid }),
    });`,
});

for (const session of SESSIONS) {
  Deno.test({
    name: `fires over ${session.file} are those of an evaluator in Python` +
      (dir === undefined ? " (skipped: there are no captures)" : ""),
    ignore: dir === undefined,
    fn: () => compare(session),
  });
}

async function compare({ feed, file, lean, change, spread }: Session): Promise<void> {
  const packed = await Deno.readFile(`${dir}/${feed}/${file}.jsonl.zst`);
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    await Deno.writeFile(path, zstdDecompressSync(packed));
    const expected = await evaluatedIn(path, [feed, lean, change, spread].map(String));
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    const given = await firesOf(
      recordsOf(feed, lines),
      await signalsOf(feed, { leans: lean, runs: change, narrows: spread }),
    );
    // The spread of Kraken's session never changes.
    for (const name of feed === "kraken" ? ["leans", "runs"] : ["leans", "runs", "narrows"]) {
      const count = expected.filter(({ signal }) => signal === name).length;
      assert.ok(count >= 2, `${name} fired ${count} times: too few to compare`);
    }
    assert.deepEqual(given.sort(inOrder), expected.sort(inOrder));
  } finally {
    await Deno.remove(path);
  }
}

interface PlainFire {
  signal: string;
  symbol: string;
  at: number;
  values: Record<string, unknown>;
}

function inOrder(a: PlainFire, b: PlainFire): number {
  return a.at - b.at || (a.signal < b.signal ? -1 : a.signal > b.signal ? 1 : 0) ||
    (a.symbol < b.symbol ? -1 : 1);
}

async function evaluatedIn(path: string, args: readonly string[]): Promise<PlainFire[]> {
  const script = new URL("signals.py", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command("python3", {
    args: [script, path, ...args],
    stderr: "inherit",
  }).output();
  assert.equal(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The session as the product's own records, at its own times. */
function recordsOf(feed: string, lines: readonly string[]): MarketEvent[] {
  const version = VENUES[feed]?.normalizers.at(-1);
  assert.ok(version !== undefined);
  const texts = lines.join("\n");
  const symbols = feed === "kraken"
    ? [{ symbol: "BTC/USD", external: "BTC/USD", depth: 25 }]
    : [...new Set(texts.match(/(?<="market_ticker":")[^"]+/g))].map((each) => ({
      ...{ symbol: each, external: each },
    }));
  const translator = new Translator(feed, version.create({ feed, symbols } as never), {
    run: 1,
    connection: 1,
  });
  const records: MarketEvent[] = [];
  let isConnected = false;
  for (const line of lines) {
    const [, ns = "0"] = /^\{"t":"(\d+)"/.exec(line) ?? [];
    const atUs = Number(BigInt(ns) / 1000n);
    const at = line.indexOf(',"m":');
    if (at > 0 && at < 40) {
      const text = line.slice(at + 5, line.lastIndexOf("}"));
      records.push(...translator.line({ kind: "frame", atUs, text }).events);
    } else if (line.includes('"e":"ws_connected"')) {
      const why = "the recorder connected once more";
      if (isConnected) {
        records.push(...translator.line({ kind: "event", name: "disconnect", atUs, why }).events);
      }
      isConnected = true;
    }
  }
  return records;
}

function signalsOf(
  feed: string,
  limits: Readonly<Record<string, number>>,
): Promise<HostedSignal[]> {
  return Promise.all(
    Object.entries(sources(feed)).map(async ([id, source]) => {
      const { code, sourceHash } = await linkSignal(`${id}.ts`, () => Promise.resolve(source));
      return { id, code, sourceHash, params: { limit: limits[id] ?? 0 } };
    }),
  );
}

async function firesOf(
  records: readonly MarketEvent[],
  signals: readonly HostedSignal[],
): Promise<PlainFire[]> {
  const encoder = new Encoder();
  const writer = new BatchWriter();
  const supervisor = new Supervisor({ signals });
  const fires: PlainFire[] = [];
  const feed = records[0]?.feed ?? "";
  try {
    for (let at = 0; at < records.length; at += BATCH_RECORDS) {
      const part = records.slice(at, at + BATCH_RECORDS);
      for (const record of part) writer.addRecord(record.type, encoder.encode(record));
      writer.addWatermark({ feed, timeUs: part.at(-1)?.receivedAtUs ?? 0 });
      const result = await supervisor.send(writer.finish(at + part.length));
      assert.deepEqual(result.reports, []);
      fires.push(...result.fires.map(({ signal, symbol, receivedAtUs, values }) => ({
        ...{ signal, symbol, at: receivedAtUs, values: JSON.parse(values) },
      })));
    }
    return fires;
  } finally {
    await supervisor.stop();
  }
}
