import assert from "node:assert/strict";
import type { Gap, MarketEvent, OrderBookUpdate, Trade } from "@ssmd/market";
import { rebuilt, recordsIn } from "./_archived.ts";
import { eventually, Folder, RunningUp, verify } from "./_process.ts";

const TYPES = ["trade", "ticker", "orderbook", "status", "gap"] as const;
const MARKET = "KXA-26AUG01";
const START_US = Date.UTC(2026, 7, 1, 10) * 1000;

interface Played {
  code: number;
  up: RunningUp;
  records: MarketEvent[];
}

/** Plays files into an archive, which must verify. */
async function played(
  data: string,
  files: readonly string[],
  { feed = "kalshi", flags = [] as string[] } = {},
): Promise<Played> {
  const captures = files.flatMap((file) => ["--capture", file]);
  await using up = new RunningUp([...captures, "--speed", "max", "--data", data, ...flags]);
  const { code, output } = await up.end();
  const verified = await verify(data);
  assert.equal(verified.code, 0, `${output}\n${verified.output}`);
  return { code, up, records: await recordsIn(data, "demo", feed, TYPES) };
}

async function playedLines(
  lines: readonly string[],
  options: { feed?: string; flags?: string[]; end?: string } = {},
): Promise<Played> {
  await using folder = new Folder();
  const path = `${folder.path}/recording.jsonl`;
  await Deno.writeTextFile(path, lines.join("\n") + (options.end ?? "\n"));
  return await played(`${folder.path}/data`, [path], options);
}

/** Lines of frames, a millisecond apart; `e` names an event. */
function recording(
  frames: readonly (string | { e: string })[],
  startUs = START_US,
): string[] {
  return frames.map((frame, i) => {
    const t = `${startUs + i * 1000}000`;
    return typeof frame === "string"
      ? `{"t":"${t}","m":${frame}}`
      : JSON.stringify({ t, e: frame.e });
  });
}

function snapshot(seq: number, yes: [string, string][], market = MARKET): string {
  const msg = { market_ticker: market, yes_dollars_fp: yes };
  return JSON.stringify({ type: "orderbook_snapshot", sid: 1, seq, msg });
}

function delta(seq: number, price: string, change: string): string {
  const msg = { market_ticker: MARKET, price_dollars: price, delta_fp: change, side: "yes" };
  return JSON.stringify({ type: "orderbook_delta", sid: 1, seq, msg });
}

function gapsOf(records: readonly MarketEvent[]): string[] {
  return (records.filter(({ type }) => type === "gap") as Gap[])
    .map(({ symbol, reason, recovered }) => `${symbol} ${reason} ${recovered ? "over" : "open"}`);
}

const RECONNECT = [
  snapshot(1, [["0.4000", "5.00"]]),
  delta(2, "0.4000", "1.00"),
  { e: "disconnect" },
  snapshot(1, [["0.5000", "9.00"]]),
  delta(2, "0.5000", "1.00"),
  delta(3, "0.5100", "1.00"),
];
const AFTER_RECONNECT = [["0.5", "10"], ["0.51", "1"]];

Deno.test("a recorded disconnect begins the books anew, with a gap, also without acknowledgements", async () => {
  const { code, records } = await playedLines(recording(RECONNECT));
  assert.equal(code, 0);
  assert.deepEqual([...rebuilt(records).books.get(MARKET)?.bids ?? []].sort(), AFTER_RECONNECT);
  assert.deepEqual(gapsOf(records), ["_all disconnect open", "_all disconnect over"]);
});

Deno.test("another recorder's word for a new connection counts, and no word at all does not matter", async () => {
  for (const [name, gap] of [["ws_connected", "_all disconnect"], ["note", `${MARKET} sequence`]]) {
    const named = RECONNECT.map((each) => typeof each === "string" ? each : { e: name as string });
    const { records } = await playedLines(recording(named));
    assert.deepEqual([...rebuilt(records).books.get(MARKET)?.bids ?? []].sort(), AFTER_RECONNECT);
    assert.deepEqual(gapsOf(records), [`${gap} open`, `${gap} over`]);
  }
});

Deno.test("a recording is read in the wire format of its day, and so is what is kept of it", async () => {
  const from = Date.UTC(2025, 0, 10, 12) * 1000;
  const about = { market_ticker: MARKET };
  const frames = [
    { type: "orderbook_snapshot", sid: 1, seq: 1, msg: { ...about, yes: [[8, 300], [22, 333]] } },
    {
      type: "orderbook_delta",
      sid: 1,
      seq: 2,
      msg: { ...about, price: 22, delta: -33, side: "yes" },
    },
    {
      ...{ type: "trade", sid: 2, seq: 1 },
      msg: { ...about, yes_price: 36, no_price: 64, count: 136, taker_side: "no", ts: 1736510400 },
    },
  ].map((frame) => JSON.stringify(frame));
  for (const times of ["received", "recorded"]) {
    const { up, records } = await playedLines(recording(frames, from), {
      flags: ["--times", times],
    });
    assert.equal(up.captured()["unreadable"], 0);
    assert.deepEqual([...rebuilt(records).books.get(MARKET)?.bids ?? []], [
      ["0.22", "300"],
      ["0.08", "300"],
    ]);
    const trade = records.find(({ type }) => type === "trade") as Trade;
    assert.deepEqual([trade.price, trade.size], [0.36, 136]);
  }
});

Deno.test("lines with white space, other orders of keys, CRLF and blank lines are read", async () => {
  const [first = "", ...rest] = [snapshot(1, [["0.4000", "5.00"]]), delta(2, "0.4000", "1.00")];
  const lines = [
    `\ufeff{"t": "${START_US}000", "m": ${first}}\r`,
    "",
    "  \r",
    `{"extra":{"m":1,"t":"x"}, "m":${rest[0]} , "t":${START_US + 1000}000}\r`,
    `{"t":"${START_US + 2000}000","m":${delta(3, "0.4100", "2.00")},"host":"a"}`,
  ];
  const { up, records } = await playedLines(lines, { end: "" });
  assert.equal(up.captured()["unreadable"], 0);
  assert.deepEqual([...rebuilt(records).books.get(MARKET)?.bids ?? []].sort(), [
    ["0.4", "6"],
    ["0.41", "2"],
  ]);
  assert.deepEqual(gapsOf(records), []);
});

Deno.test("a line that cannot be read is counted, told with its number, and is a gap", async () => {
  const lines = [
    ...recording([snapshot(1, [["0.4000", "5.00"]]), delta(2, "0.4000", "1.00")]),
    `{"time":"${START_US}000","m":{}}`,
    ...recording([delta(3, "0.4000", "1.00")], START_US + 5000),
    `{"t":"${START_US + 9000}000","m":{"type":"orderbo`,
  ];
  const { code, up, records } = await playedLines(lines, { end: "" });
  assert.equal(code, 0);
  const said = await up.line("lines of a recording cannot be read");
  assert.deepEqual([said["lines"], said["first_line"]], [2, 3]);
  assert.equal(up.captured()["unreadable"], 2);
  assert.deepEqual(gapsOf(records), ["_all parse open", "_all parse open"]);
  // The numbers of the venue say that no message of the book was among them.
  const books = records.filter(({ type }) => type === "orderbook");
  assert.equal(books.length, 3);
});

Deno.test("a subscription that the venue refused is a gap, and up ends with 1", async () => {
  const symbol = "FOO/USD";
  const error = `Currency pair not supported ${symbol}`;
  const { code, up, records } = await playedLines(
    recording([
      `{"channel":"status","type":"update","data":[{"system":"online"}]}`,
      JSON.stringify({ method: "subscribe", error, success: false, symbol }),
    ]),
    { feed: "kraken" },
  );
  assert.equal(code, 1, up.output);
  assert.match(up.output, /SUBSCRIPTION_REFUSED/);
  const gaps = records.filter(({ type }) => type === "gap") as Gap[];
  assert.deepEqual(gaps.map(({ symbol, channel, reason }) => [symbol, channel, reason]).sort(), [
    ...["orderbook", "ticker", "trade"].map((channel) => ["FOOUSD", channel, "subscription"]),
  ]);
});

Deno.test("of another recorder's session nothing is missing that nobody shows to be ordered", async () => {
  const later = (frames: string[]) => recording(frames, START_US + 60_000_000);
  const lines = [
    ...recording([{ e: "ws_connected" }, snapshot(1, [["0.4000", "5.00"]])]),
    ...later([delta(2, "0.4000", "1.00")]),
  ];
  const flags = ["--times", "recorded"];
  const { code, records } = await playedLines(lines, { flags });
  assert.equal(code, 0);
  assert.deepEqual(gapsOf(records), []);
  const refusal = JSON.stringify({ id: 7, type: "error", msg: { code: 27, msg: "Too many" } });
  const refused = await playedLines([...lines, ...later([refusal])], { flags });
  assert.deepEqual([refused.code, gapsOf(refused.records)], [1, ["_all subscription open"]]);
});

Deno.test("with --times recorded records keep their times, go to their days and fill the candles", async () => {
  await using folder = new Folder();
  const path = `${folder.path}/recording.jsonl`;
  const startUs = Date.UTC(2026, 6, 31, 23, 59, 58) * 1000;
  const trade = (id: number, atUs: number) =>
    JSON.stringify({
      ...{ channel: "trade", type: "update" },
      data: [{
        ...{ symbol: "BTC/USD", side: "buy", price: 100 + id, qty: 1, ord_type: "limit" },
        ...{ trade_id: id, timestamp: new Date(atUs / 1000).toISOString() },
      }],
    });
  const lines = Array.from({ length: 4 }, (_, i) => {
    const atUs = startUs + i * 1_000_000;
    return `{"t":"${atUs}123","m":${trade(i + 1, atUs)}}`;
  });
  await Deno.writeTextFile(path, lines.join("\n"));
  const data = `${folder.path}/data`;
  const flags = ["--times", "recorded"];
  await using up = new RunningUp([
    ...["--data", data, "--capture", path, "--speed", "max", "--for", "60s", ...flags],
  ]);
  const query = "interval=1m&from=2026-07-31T23:00:00Z&to=2026-08-01T01:00:00Z";
  await eventually("candles of two trades each", async () => {
    const response = await fetch(`${await up.url()}/v1/markets/BTCUSD/candles?${query}`);
    const { candles } = await response.json() as { candles: { volume: number }[] };
    return candles.map(({ volume }) => volume).join() === "2,2";
  });
  assert.equal((await up.stop()).code, 0, up.output);
  assert.equal((await verify(data)).code, 0);
  const records = await recordsIn(data, "demo", "kraken", TYPES);
  assert.deepEqual(
    records.map(({ type, receivedAtUs }) => [type, receivedAtUs]),
    lines.map((_, i) => ["trade", startUs + i * 1_000_000]),
  );
  const days = [...Deno.readDirSync(`${data}/raw/demo/kraken/2026`)].map(({ name }) => name).sort();
  assert.deepEqual(days, ["07", "08"]);
});

Deno.test("raw files of a demo run, three depths of books among them, played back give the same records", async () => {
  await using first = new Folder();
  await using second = new Folder();
  await using up = new RunningUp(["--data", first.path]);
  for (const feed of ["kraken", "kalshi"]) await up.published(feed, "trade", 50);
  assert.equal((await up.stop()).code, 0, up.output);
  const files = rawFilesIn(`${first.path}/raw`);
  for (const feed of ["kraken", "kalshi"]) {
    const own = files.filter((file) => file.includes(`/${feed}/`));
    const again = await played(second.path, own, { feed });
    assert.equal(again.code, 0);
    const before = countsOf(await recordsIn(first.path, "demo", feed, TYPES));
    assert.ok(before.size > 8, `${[...before]}`);
    assert.deepEqual(countsOf(again.records), before);
  }
});

function rawFilesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? rawFilesIn(path) : name.endsWith(".jsonl.zst") ? [path] : [];
  });
}

/** Records by type and symbol. */
function countsOf(records: readonly MarketEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) {
    const kind = (record as OrderBookUpdate).kind ?? "";
    const key = `${record.type} ${kind} ${record.symbol}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Map([...counts].sort());
}

Deno.test("a recording that was archived with its times, wholly or in part, is not archived again", async () => {
  await using folder = new Folder();
  const write = async (name: string, lines: readonly string[]) => {
    await Deno.writeTextFile(`${folder.path}/${name}`, lines.join("\n"));
    return `${folder.path}/${name}`;
  };
  const part = [snapshot(1, [["0.4000", "5.00"]]), delta(2, "0.4000", "1.00")];
  const rest = [...part, delta(3, "0.4000", "1.00")];
  const early = await write("early.jsonl", recording(part));
  const data = `${folder.path}/data`;
  const flags = ["--times", "recorded"];
  assert.equal((await played(data, [early], { flags })).code, 0);
  for (const file of [early, await write("more.jsonl", recording(rest))]) {
    const again = await played(data, [file], { flags });
    assert.match(again.up.output, /RECORDING_ARCHIVED/);
    assert.deepEqual([again.code, again.records.length], [1, 2]);
  }
  const late = await write("late.jsonl", recording(part, START_US + 60_000_000));
  assert.deepEqual((await played(data, [late], { flags })).records.length, 4);
});
