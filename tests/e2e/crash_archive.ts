import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { dayOfUs, openArchived } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import { normalizerOn, originOf, Translator, type Venue, VENUES } from "@ssmd/exchanges";
import { connectionOfName, type Gap, isBreak, type MarketEvent } from "@ssmd/market";
import { type OrderBookUpdate, runOfName } from "@ssmd/market";
import { folderStorage } from "@ssmd/storage";
import { fileURLToPath } from "node:url";
import { kalshiBooks, krakenBooks, polymarketBooks, ReplayedBook } from "./crash_books.ts";
import { type Break, manifestsOf, type RawConnection, readRaw } from "./crash_raw.ts";
import { CRASH_SYMBOLS_AND_TOKENS } from "./crash_registry.ts";

/** What was counted. */
export interface ArchiveCounts {
  records: number;
  gaps: number;
  breaks: number;
  books: number;
  snapshots: number;
}

const DECODER = new TextDecoder();

/** All that must hold of the archive when everything has been stopped. */
export async function assertArchive(
  dir: string,
  env: string,
  breaks: readonly Break[],
): Promise<ArchiveCounts> {
  await assertVerified(`${dir}/data`);
  await assertSpoolIsEmpty(`${dir}/data/spool/${env}`);
  const raw = await readRaw(`${dir}/data`, env);
  const archived = await readArchive(`${dir}/data`, env);
  assertEachOnce(raw, archived);
  assertDense(raw, archived);
  const gaps = archived.filter((event) => event.type === "gap");
  assertGaps(breaks, gaps);
  const snapshots = archived.filter(({ type }) => type === "orderbook") as OrderBookUpdate[];
  return {
    records: archived.length,
    gaps: gaps.length,
    breaks: breaks.length,
    books: assertBooks(raw, archived),
    snapshots: snapshots.filter(({ kind }) => kind === "snapshot").length,
  };
}

/** `ssmd archive verify` says that all balances. */
async function assertVerified(data: string): Promise<void> {
  const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
  const args = ["run", "-A", "--no-check", main, "archive", "verify", "--data", data];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const said = DECODER.decode(stderr) + DECODER.decode(stdout);
  console.log(said.trim());
  assert.equal(code, 0, said);
}

/** What was handed on is not kept. */
async function assertSpoolIsEmpty(dir: string): Promise<void> {
  for await (const { name } of Deno.readDir(dir)) {
    for await (const entry of Deno.readDir(`${dir}/${name}`)) {
      assert.ok(!entry.name.endsWith(".log"), `${name}/${entry.name} was left in the spool`);
    }
  }
}

async function readArchive(dir: string, env: string): Promise<MarketEvent[]> {
  const storage = folderStorage(dir);
  const events: MarketEvent[] = [];
  for (const { files } of await manifestsOf(storage, "normalized", env)) {
    for (const file of files) {
      const { records } = await openArchived(storage, file);
      for await (const batch of records()) events.push(...batch);
    }
  }
  await storage.close();
  return events.sort((a, b) => a.receivedAtUs - b.receivedAtUs || a.sequence - b.sequence);
}

/** The records that the raw lines give, each connection translated from its own beginning. */
function* expected(raw: readonly RawConnection[]): Iterable<MarketEvent> {
  for (const { feed, info, lines } of raw) {
    const version = normalizerOn(VENUES[feed] as Venue, dayOfUs(lines[0]?.atUs ?? 0));
    const normalizer = version.create({ feed, symbols: info.symbols });
    const translator = new Translator(feed, normalizer, originOf(info));
    for (const line of lines) {
      if (line.kind === "frame") {
        yield* translator.frame(JSON.parse(line.text), line.text, line.atUs).events;
      } else if (line.kind === "event") yield* translator.event(line, line.atUs).events;
    }
  }
}

function assertEachOnce(raw: readonly RawConnection[], archived: readonly MarketEvent[]): void {
  const balance = new Map<string, number>();
  const encoder = new Encoder();
  const count = (event: MarketEvent, sign: 1 | -1) => {
    const { feed, type, symbol, receivedAtUs, sequence } = event;
    const hash = crc32(encoder.encode(event));
    const name = `${feed} ${type} ${symbol} at ${receivedAtUs} sequence ${sequence} crc ${hash}`;
    balance.set(name, (balance.get(name) ?? 0) + sign);
  };
  for (const event of expected(raw)) count(event, 1);
  for (const event of archived) count(event, -1);
  const wrong = [...balance].filter(([, sum]) => sum !== 0);
  assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} records are missing or too many`);
}

/** The numbers of each connection of a run are 1 … n without holes and without repeats. */
function assertDense(raw: readonly RawConnection[], archived: readonly MarketEvent[]): void {
  const numbers = new Map<string, number[]>();
  for (const { feed, run = 0, connection = 0, sequence } of archived) {
    const name = `${feed} ${run} ${connection}`;
    const known = numbers.get(name);
    if (known === undefined) numbers.set(name, [sequence]);
    else known.push(sequence);
  }
  for (const { feed, info } of raw) {
    const name = `${feed} ${runOfName(info.run)} ${connectionOfName(info.connection)}`;
    const found = (numbers.get(name) ?? []).sort((a, b) => a - b);
    numbers.delete(name);
    const wrong = found.findIndex((sequence, i) => sequence !== i + 1);
    assert.equal(wrong, -1, `sequence ${wrong + 1} of ${name} is not there once`);
  }
  assert.deepEqual([...numbers.keys()], [], "records of connections that raw does not know");
}

/** Every break is covered by a gap that begins with the last line before it, and no other gap is told. */
function assertGaps(breaks: readonly Break[], gaps: readonly Gap[]): void {
  const open = gaps.filter(isBreak);
  for (const each of breaks) {
    const { feed, fromUs, dataUs } = each;
    const index = open.findIndex((gap) =>
      gap.recovered && gap.feed === feed && gap.fromUs === fromUs && gap.toUs === dataUs
    );
    const near = open.filter((gap) => gap.feed === feed && gap.receivedAtUs <= dataUs + 1e6)
      .slice(-4).map(({ fromUs, toUs, recovered }) => ({ fromUs, toUs, recovered }));
    assert.ok(index >= 0, `no gap for ${JSON.stringify(each)}; near: ${JSON.stringify(near)}`);
    open.splice(index, 1);
  }
  const surplus = open.filter((gap) => gap.recovered);
  assert.deepEqual(surplus, [], "gaps that no break explains");
}

/** Rebuilds all books from the archive; at the end they equal what the venue's last frames say. */
function assertBooks(raw: readonly RawConnection[], archived: readonly MarketEvent[]): number {
  const books = new Map<string, ReplayedBook>();
  for (const event of archived) {
    if (event.type !== "orderbook") continue;
    let book = books.get(event.symbol);
    if (!book) books.set(event.symbol, book = new ReplayedBook());
    book.apply(event);
  }
  let compared = 0;
  for (const connections of Map.groupBy(raw, ({ feed, slot }) => `${feed} ${slot}`).values()) {
    for (const [external, venue] of venueBooks(connections.at(-1) as RawConnection)) {
      const symbol = CRASH_SYMBOLS_AND_TOKENS.find((known) =>
        known.external === external
      )?.symbol ?? "";
      const { bids, asks } = (books.get(symbol) as ReplayedBook).levels();
      assert.deepEqual({ bids, asks }, venue, `the last book of ${symbol}`);
      compared++;
    }
  }
  return compared;
}

type Levels = [number, number][];

/** The books of the last session of a connection, best levels first, in the venue's numbers. */
function venueBooks({ feed, lines }: RawConnection): [string, { bids: Levels; asks: Levels }][] {
  const begin = lines.findLastIndex((line) => line.kind === "event" && line.name === "connect");
  const frames = lines.slice(begin).flatMap((line) => line.kind === "frame" ? [line.text] : []);
  const depth = (external: string) =>
    CRASH_SYMBOLS_AND_TOKENS.find((known) => known.external === external)?.depth ?? 10;
  const books = feed === "kraken"
    ? krakenBooks(frames, depth)
    : feed === "kalshi"
    ? kalshiBooks(frames)
    : polymarketBooks(frames);
  const unit = feed === "kalshi" ? [1e4, 100] as const : [1, 1] as const;
  return [...books].map(([external, { bids, asks }]) => {
    const levels = (side: Map<number, number>, sign: 1 | -1) =>
      [...side].sort((a, b) => sign * (a[0] - b[0]))
        .map(([price, size]): [number, number] => [price / unit[0], size / unit[1]]);
    return [external, { bids: levels(bids, -1), asks: levels(asks, 1) }];
  });
}
