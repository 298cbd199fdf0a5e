/**
 * The way of a frame from end to end, over real sockets, with the simulator in a process of its own:
 * the latency from the venue's socket to a client's in turn with a bare relay, the pace at which it
 * stays below 50 ms, and what connector, NATS and archiver do together.
 * `deno task bench pipeline [--seconds=4] [--warm=5] [--rounds=1] [--records=200000]`
 * @module
 */
import { parseArgs } from "node:util";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";
import {
  ENV,
  makeFolder,
  type Program,
  startProgram,
  startRelay,
  startVenue,
  systemUs,
  tradeKeys,
} from "./pipeline_processes.ts";
import { cpuSecondsOf, peakOf } from "./watched.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    warm: { type: "string", default: "5" },
    rounds: { type: "string", default: "1" },
    records: { type: "string", default: "200000" },
  },
});
const MEASURED_MS = Number(flags.seconds) * 1000;
/** A young process compiles beside its work: it takes half as much again of CPU at first. */
const WARM_MS = Number(flags.warm) * 1000;
const RATE = 5000;
const LAG_MS_MAX = 50;
/** Longest wait for what was sent. */
const LATE_MS_MAX = 5000;

/** When a client got each trade, µs. */
type Arrivals = Map<string, number>;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A client that notes when trades come; `keysOf` reads their keys from a message. */
async function listen(url: string, keysOf: (text: string) => string[]) {
  const arrivals: Arrivals = new Map();
  const socket = new WebSocket(url);
  socket.onmessage = ({ data }) => {
    const atUs = systemUs();
    for (const key of keysOf(data)) arrivals.set(key, atUs);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return { arrivals, close: () => socket.close() };
}

function gatewayKeys(text: string): string[] {
  const { type, symbol, id } = JSON.parse(text);
  return type === "trade" ? [`${symbol}-${id}`] : [];
}

/** Times of trades sent in a span, ms, sorted; one that did not come counts as `Infinity`. */
function latencies(
  sent: readonly [string, number][],
  arrivals: Arrivals,
  [fromUs, toUs]: [number, number],
): number[] {
  return sent.filter(([, atUs]) => atUs >= fromUs && atUs < toUs)
    .map(([key, atUs]) => ((arrivals.get(key) ?? Infinity) - atUs) / 1000)
    .sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function quantilesText(sorted: readonly number[]): string {
  return [0.5, 0.99, 0.999].map((share) => quantile(sorted, share).toFixed(2).padStart(7)).join(
    " ",
  );
}

interface Through {
  /** To whom it was sent, a second. */
  frames: number;
  /** Of the trades, ms, sorted. */
  times: number[];
  /** CPU time of the process between venue and client, µs a frame. */
  cpuUs: number;
  peakBytes: number;
}

/** What stands between venue and client. */
interface Between {
  pid: number;
  /** Address for clients. */
  stream: string;
  keysOf: (text: string) => string[];
  /** Ends it; its most memory. */
  end(): Promise<number>;
}

/** `up` on the memory bus. */
async function upBefore(venueUrl: string, durability: string): Promise<Between> {
  const dir = await makeFolder(
    venueUrl,
    "transport: { type: memory }",
    `durability: ${durability}`,
  );
  const args = ["up", "--env", ENV, "--port", "0", "--data", "data", "--output", "json"];
  const up = await startProgram(dir, ["cli/main.ts", ...args], '"running"');
  return {
    pid: up.pid,
    stream: `${String(up.said.page).replace("http", "ws")}v1/stream?symbols=*&types=trade`,
    keysOf: gatewayKeys,
    end: async () => {
      const { peakBytes } = await up.end();
      await Deno.remove(dir, { recursive: true });
      return peakBytes;
    },
  };
}

async function relayBefore(venueUrl: string): Promise<Between> {
  const { talker, url, pid } = await startRelay(venueUrl);
  return {
    ...{ pid, stream: url, keysOf: tradeKeys },
    end: async () => {
      const peakBytes = peakOf(pid);
      await talker.end();
      return peakBytes;
    },
  };
}

/** Sends at a pace, with nothing else at work than venue, client and what is between them. */
async function through(
  rate: number,
  start: (venueUrl: string) => Promise<Between>,
): Promise<Through> {
  const venue = await startVenue(rate);
  const between = await start(venue.url);
  const client = await listen(between.stream, between.keysOf);
  await pause(WARM_MS);
  const framesBefore = await venue.talker.ask<number>("frames");
  const [fromUs, cpuBefore] = [systemUs(), cpuSecondsOf(between.pid)];
  await pause(MEASURED_MS);
  const toUs = systemUs();
  const cpu = cpuSecondsOf(between.pid) - cpuBefore;
  const frames = await venue.talker.ask<number>("frames") - framesBefore;
  const sent = await venue.talker.ask<[string, number][]>("stamps");
  const isLate = ([key, atUs]: [string, number]) =>
    atUs >= fromUs && atUs < toUs && !client.arrivals.has(key);
  for (let waitedMs = 0; waitedMs < LATE_MS_MAX && sent.some(isLate); waitedMs += 100) {
    await pause(100);
  }
  client.close();
  const peakBytes = await between.end();
  await venue.talker.end();
  return {
    frames: frames / ((toUs - fromUs) / 1e6),
    times: latencies(sent, client.arrivals, [fromUs, toUs]),
    cpuUs: cpu * 1e6 / frames,
    peakBytes,
  };
}

function rateText(perSecond: number): string {
  return Math.round(perSecond).toLocaleString("en-US").padStart(9);
}

function costText({ cpuUs, peakBytes }: Pick<Through, "cpuUs" | "peakBytes">): string {
  return `  ${cpuUs.toFixed(1)} µs of CPU a frame, ${Math.round(peakBytes / 1e6)} MB at most`;
}

/** Relay, spool and bus in turn, so that each has the machine to itself as the others had it. */
async function benchLatency(): Promise<void> {
  console.log("venue's socket to client's socket, ms".padEnd(52), "p50     p99   p99.9");
  const ways: [string, (venueUrl: string) => Promise<Between>][] = [
    ["bare relay", relayBefore],
    ["durability: spool", (url) => upBefore(url, "spool")],
    ["durability: bus", (url) => upBefore(url, "bus")],
  ];
  for (const [way, start] of ways) {
    const { frames, times, ...took } = await through(RATE, start);
    const name = `  ${way}, ${rateText(frames).trim()} frames/s`;
    console.log(name.padEnd(50), quantilesText(times), costText(took));
  }
}

/** Doubles the pace until trades are late, or the venue cannot follow. */
async function benchPace(): Promise<void> {
  console.log(
    `\npace at which p99 < ${LAG_MS_MAX} ms, memory bus`.padEnd(52),
    "p50     p99   p99.9",
  );
  for (let rate = RATE; rate <= 32 * RATE; rate *= 2) {
    const { frames, times, ...took } = await through(rate, (url) => upBefore(url, "spool"));
    console.log(`  ${rateText(frames)} frames/s`.padEnd(50), quantilesText(times), costText(took));
    if (!(quantile(times, 0.99) < LAG_MS_MAX)) return;
    if (frames < rate / 2) return console.log("  the venue is at its end");
  }
}

/** Sum of a counter of a service. */
async function counted(program: Program, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${program.said.metrics_port}/metrics`);
  const lines = (await answer.text()).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, "gm"));
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** As fast as they go, through three processes and the venue's on the cores there are. */
async function benchDurable(events: number): Promise<void> {
  const venue = await startVenue("max", events);
  const server = await startNatsServer();
  const dir = await makeFolder(venue.url, `transport: { type: nats, url: ${server.url} }`);
  const service = (room: string, ready: string, ...more: string[]) =>
    startProgram(
      dir,
      [`${room}/main.ts`, "--env", ENV, "--metrics-port", "0", "--data", "data", ...more],
      ready,
    );
  const archiver = await service("archiver", '"archiving"');
  const connector = await service("connector", '"capturing"', "--feed", "kraken");
  const startedMs = performance.now();
  const cpuBefore = [connector, archiver].map(({ pid }) => cpuSecondsOf(pid));
  let stored = 0;
  let storedMs = startedMs;
  // Until nothing has come for a while.
  while (performance.now() - storedMs < 2000) {
    await pause(100);
    const count = await counted(connector, "ssmd_connector_messages_published_total");
    if (count > stored) [stored, storedMs] = [count, performance.now()];
  }
  const cpu = [connector, archiver].map(({ pid }, i) => cpuSecondsOf(pid) - (cpuBefore[i] ?? 0));
  const { code } = await connector.end();
  await archiver.end();
  await venue.talker.end();
  await server.stop();
  await Deno.remove(dir, { recursive: true });
  const seconds = (storedMs - startedMs) / 1000;
  const each = cpu.map((spent) => `${(spent / stored * 1e6).toFixed(1)} µs`);
  console.log(
    `  ${rateText(stored / seconds)} records/s durable and acknowledged; connector ${each[0]}, ` +
      `archiver ${each[1]} of CPU a record${code === 0 ? "" : `; it ended with ${code}`}`,
  );
}

for (let round = 0; round < Number(flags.rounds); round++) await benchLatency();
await benchPace();
if (natsServerAvailable()) {
  console.log("\nconnector → NATS JetStream → archiver, the venue as fast as it is read");
  for (let round = 0; round < Number(flags.rounds); round++) {
    await benchDurable(Number(flags.records));
  }
}
