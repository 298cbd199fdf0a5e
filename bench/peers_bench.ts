/**
 * The same frames through this, through the parts that nobody can do without, and through tools of
 * others: CPU µs a frame, medians of rounds in which all take turns, and × `JSON.parse` alone of the same
 * frames in the same runtime. `deno task bench peers --install` fetches the others into a temporary
 * folder, `--peers=<folder>` uses (with `--install`: fills) one of yours.
 * @module
 */
import { Buffer } from "node:buffer";
import { type Venue, VENUES } from "@ssmd/exchanges";
import { natsServerAvailable } from "../tests/servers/nats_server.ts";
import { costOf, parse, toMessages, toRawFile, zstdAlone } from "./frame_stages.ts";
import {
  captured,
  FRAMES,
  kalshiDeltas,
  krakenBooks,
  krakenTickers,
  krakenTrades,
} from "./frames.ts";
import { type Load, measureServer, servers } from "./gateway_measure.ts";
import { Talker } from "./gateway_processes.ts";
import { toKrakenV1 } from "./kraken_v1.ts";
import { takeTurns } from "./measure.ts";
import { Peer, peerFlags, Peers } from "./peers.ts";

const ROUNDS = 9;
const FANOUT: Load = { clients: 100, rate: 2000, seconds: 2 };
/** They take long: three servers, eight seconds each. */
const FANOUT_ROUNDS = 3;

/** Frames of one kind. */
interface FrameSet {
  name: string;
  venue: Venue;
  texts: readonly string[];
  frames: readonly Buffer[];
  /** What peers that know the venue call such frames; undefined = they do not know it. */
  stage: string | undefined;
  /** The frames, one a line. */
  file: string;
  /** The same events in the form of Kraken's version 1, one a line. */
  v1File: string;
}

/** A line of the table. */
interface Row {
  name: string;
  /** Whether it does such frames; absent = it does all. */
  can?: (set: FrameSet) => boolean;
  /** CPU µs a frame. */
  costUs: (set: FrameSet) => number | Promise<number>;
  /** Whose `JSON.parse` it is compared with. */
  floor: string;
}

const DENO_PARSE = "JSON.parse alone, Deno";
const NODE_PARSE = "JSON.parse alone, Node";
const V1_PARSE = "JSON.parse alone, Node, Kraken's v1 form";

function frameSets(folder: string): FrameSet[] {
  const { kraken, kalshi } = VENUES as { kraken: Venue; kalshi: Venue };
  const recorded = captured("kraken/btcusd-depth25-20260802.jsonl.zst")
    .filter((text) => text.includes('"channel":"book","type"'));
  const all = [
    { name: "Kraken book", venue: kraken, stage: "book", texts: krakenBooks() },
    { name: "the same, recorded", venue: kraken, stage: "book", texts: recorded },
    { name: "Kraken trade", venue: kraken, stage: "trade", texts: krakenTrades() },
    { name: "Kraken ticker", venue: kraken, stage: "ticker", texts: krakenTickers() },
    { name: "Kalshi delta", venue: kalshi, stage: undefined, texts: kalshiDeltas() },
  ];
  return all.filter(({ texts }) => texts.length > 0).map((set, i) => {
    const file = `${folder}/${i}.ndjson`;
    Deno.writeTextFileSync(file, set.texts.join("\n"));
    const v1File = `${folder}/${i}-v1.ndjson`;
    if (set.venue === kraken) Deno.writeTextFileSync(v1File, set.texts.map(toKrakenV1).join("\n"));
    return { ...set, file, v1File, frames: set.texts.map((text) => Buffer.from(text)) };
  });
}

function ownRows(buses: readonly Peer[]): Row[] {
  const own = (name: string, stageOf: (set: FrameSet) => Parameters<typeof costOf>[0]): Row => ({
    name,
    floor: DENO_PARSE,
    costUs: (set) => costOf(stageOf(set), set.frames, set.texts),
  });
  return [
    own(DENO_PARSE, () => parse),
    own("zstd alone", ({ texts }) => zstdAlone(texts.length)),
    ...buses.map((bus) => {
      const fileOf = ({ file }: FrameSet) => file;
      const name = `${bus.name} alone`;
      return peerRow(bus, { name, floor: DENO_PARSE, fileOf, stageOf: ({ venue }) => venue.id });
    }),
    own("ssmd, to the encoded message", ({ venue }) => toMessages(venue)),
    own("ssmd, and its raw file", ({ venue, texts }) => toRawFile(venue, texts)),
  ];
}

async function startBus(name: string, bus: string): Promise<Peer> {
  const program = new URL("bus_alone.ts", import.meta.url).pathname;
  const talker = new Talker("deno", ["run", "-A", "--frozen", program, bus]);
  await talker.line();
  return new Peer(name, talker);
}

/** `stageOf` = what the peer calls such frames; undefined = it does not do them. */
interface PeerStage {
  name: string;
  floor: string;
  fileOf: (set: FrameSet) => string;
  stageOf: (set: FrameSet) => string | undefined;
}

function peerRow(peer: Peer, { name, floor, fileOf, stageOf }: PeerStage): Row {
  return {
    name,
    floor,
    can: (set) => stageOf(set) !== undefined,
    costUs: (set) => {
      const repeats = Math.ceil(FRAMES / set.texts.length);
      return peer.costUs({ stage: stageOf(set) ?? "", file: fileOf(set), repeats });
    },
  };
}

function ccxtRows(peer: Peer | undefined): Row[] {
  if (peer === undefined) return [];
  const v2 = { floor: NODE_PARSE, fileOf: ({ file }: FrameSet) => file };
  return [
    peerRow(peer, { ...v2, name: NODE_PARSE, stageOf: () => "parse" }),
    peerRow(peer, { ...v2, name: `${peer.name}, handle`, stageOf: ({ stage }) => stage }),
  ];
}

function tardisRows(peer: Peer | undefined): Row[] {
  if (peer === undefined) return [];
  const v1 = { floor: V1_PARSE, fileOf: ({ v1File }: FrameSet) => v1File };
  const known = (stage: string) => (set: FrameSet) => set.stage && stage;
  const kept = ({ stage }: FrameSet) => stage === "book" ? "bookKept" : undefined;
  return [
    peerRow(peer, { ...v1, name: V1_PARSE, stageOf: known("parse") }),
    peerRow(peer, { ...v1, name: `${peer.name}, map`, stageOf: ({ stage }) => stage }),
    peerRow(peer, { ...v1, name: `${peer.name}, map and its order book`, stageOf: kept }),
  ];
}

/** CPU µs a frame by row, one for each set; NaN = it does not do such frames. */
async function measureRows(rows: readonly Row[], sets: readonly FrameSet[], rounds: number) {
  const found = new Map<string, number[]>(rows.map(({ name }) => [name, []]));
  for (const set of sets) {
    const able = rows.filter(({ can }) => can?.(set) ?? true);
    const contenders = able.map(({ name, costUs }) => ({ name, costUs: () => costUs(set) }));
    const speeds = await takeTurns(contenders, rounds);
    for (const [name, all] of found) {
      const speed = speeds.find((each) => each.name === name)?.opsPerSecond ?? NaN;
      all.push(1e6 / speed);
    }
  }
  return found;
}

function printTable(
  rows: readonly Row[],
  sets: readonly FrameSet[],
  costs: ReadonlyMap<string, readonly number[]>,
): void {
  console.log(
    `| µs a frame (× its runtime's JSON.parse) | ${sets.map(({ name }) => name).join(" | ")} |`,
  );
  console.log(`| :--- |${" ---: |".repeat(sets.length)}`);
  for (const { name, floor } of rows) {
    const cells = (costs.get(name) ?? []).map((us, i) => {
      if (Number.isNaN(us)) return "–";
      const floorUs = costs.get(floor)?.[i] ?? NaN;
      return name === floor ? us.toFixed(2) : `${us.toFixed(2)} (${(floorUs / us).toFixed(2)}×)`;
    });
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}

/** Trades of 200 bytes to {@linkcode FANOUT} clients: CPU µs for each message delivered. */
async function benchFanout(rounds: number): Promise<void> {
  const { clients, rate } = FANOUT;
  const contenders = servers().map((server) => ({
    name: server.name,
    // A share of a core in percent, per message of a second.
    costUs: async () => (await measureServer(server, FANOUT)).cpu * 1e4 / (clients * rate),
  }));
  // Each measurement starts its server anew, and warms it up.
  const found = await takeTurns(contenders, rounds, 0);
  const ws = found.find(({ name }) => name === "ws on Node")?.opsPerSecond ?? NaN;
  console.log(
    `\n| µs a message, ${clients} clients × ${rate}/s (× ws on Node) | |\n| :--- | ---: |`,
  );
  for (const { name, opsPerSecond } of found) {
    console.log(
      `| ${name} | ${(1e6 / opsPerSecond).toFixed(2)} (${(opsPerSecond / ws).toFixed(2)}×) |`,
    );
  }
}

const flags = peerFlags(Deno.args);
const folder = await Deno.makeTempDir({ prefix: "ssmd-bench-" });
const buses = [await startBus("memory bus", "memory")];
if (natsServerAvailable()) buses.push(await startBus("NATS", "nats"));
else console.log("without NATS: there is no nats-server");
try {
  await using peers = await Peers.open(flags, ["tardis-dev", "ccxt"]);
  const sets = frameSets(folder);
  const rows = [
    ...ownRows(buses),
    ...ccxtRows(peers.get("ccxt")),
    ...tardisRows(peers.get("tardis-dev")),
  ];
  printTable(rows, sets, await measureRows(rows, sets, flags.rounds ?? ROUNDS));
  await benchFanout(Math.min(flags.rounds ?? ROUNDS, FANOUT_ROUNDS));
} finally {
  for (const bus of buses) await bus.end();
  await Deno.remove(folder, { recursive: true });
}
