/**
 * The way of a frame from end to end, over real sockets, with the simulator in a process of its own:
 * the latency from the venue's socket to a client's beside a bare relay, the pace at which it stays
 * below 50 ms, and what connector, NATS and archiver do together.
 * `deno task bench pipeline [--seconds=4] [--rounds=1] [--records=200000]`
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
import { cpuSecondsOf } from "./watched.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "1" },
    records: { type: "string", default: "200000" },
  },
});
const MEASURED_MS = Number(flags.seconds) * 1000;
const WARM_MS = 2000;
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
  /** To the product, a second. */
  frames: number;
  ours: number[];
  relay: number[];
  /** CPU time of the product's process, µs a frame. */
  cpuUs: number;
  peakBytes: number;
}

/** Sends at a pace through `up` on the memory bus, with the relay beside it or alone. */
async function through(
  rate: number,
  { withRelay = false, durability = "spool" } = {},
): Promise<Through> {
  const venue = await startVenue(rate);
  const relay = withRelay ? await startRelay(venue.url) : undefined;
  const dir = await makeFolder(
    venue.url,
    "transport: { type: memory }",
    `durability: ${durability}`,
  );
  const args = ["up", "--env", ENV, "--port", "0", "--data", "data", "--output", "json"];
  const up = await startProgram(dir, ["cli/main.ts", ...args], '"running"');
  const stream = `${String(up.said.page).replace("http", "ws")}v1/stream?symbols=*&types=trade`;
  const client = await listen(stream, gatewayKeys);
  const bare = relay && await listen(relay.url, tradeKeys);
  await pause(WARM_MS);
  const [fromUs, framesBefore, cpuBefore] = [
    ...[systemUs(), await venue.talker.ask<number>("frames")],
    cpuSecondsOf(up.pid),
  ] as const;
  await pause(MEASURED_MS);
  const toUs = systemUs();
  const frames = await venue.talker.ask<number>("frames") - (framesBefore ?? 0);
  const cpu = cpuSecondsOf(up.pid) - cpuBefore;
  const sent = await venue.talker.ask<[string, number][]>("stamps");
  const isLate = ([key, atUs]: [string, number]) =>
    atUs >= fromUs && atUs < toUs && !client.arrivals.has(key);
  for (let waitedMs = 0; waitedMs < LATE_MS_MAX && sent.some(isLate); waitedMs += 100) {
    await pause(100);
  }
  client.close();
  bare?.close();
  const { peakBytes } = await up.end();
  await relay?.talker.end();
  await venue.talker.end();
  await Deno.remove(dir, { recursive: true });
  const seconds = (toUs - fromUs) / 1e6;
  const span: [number, number] = [fromUs, toUs];
  return {
    frames: frames / seconds / (withRelay ? 2 : 1),
    ours: latencies(sent, client.arrivals, span),
    relay: bare === undefined ? [] : latencies(sent, bare.arrivals, span),
    cpuUs: cpu * 1e6 / frames * (withRelay ? 2 : 1),
    peakBytes,
  };
}

function rateText(perSecond: number): string {
  return Math.round(perSecond).toLocaleString("en-US").padStart(9);
}

function costText({ cpuUs, peakBytes }: Pick<Through, "cpuUs" | "peakBytes">): string {
  return `  ${cpuUs.toFixed(1)} µs of CPU a frame, ${Math.round(peakBytes / 1e6)} MB at most`;
}

async function benchLatency(): Promise<void> {
  console.log("venue's socket to client's socket, ms".padEnd(52), "p50     p99   p99.9");
  for (const durability of ["spool", "bus"]) {
    const { frames, ours, relay, ...took } = await through(RATE, { withRelay: true, durability });
    console.log("  bare relay".padEnd(50), quantilesText(relay));
    const name = `  durability: ${durability}, ${rateText(frames).trim()} frames/s`;
    console.log(name.padEnd(50), quantilesText(ours), costText(took));
  }
}

/** Doubles the pace until trades are late, or the venue cannot follow. */
async function benchPace(): Promise<void> {
  console.log(
    `\npace at which p99 < ${LAG_MS_MAX} ms, memory bus`.padEnd(52),
    "p50     p99   p99.9",
  );
  for (let rate = RATE; rate <= 32 * RATE; rate *= 2) {
    const { frames, ours, ...took } = await through(rate);
    console.log(`  ${rateText(frames)} frames/s`.padEnd(50), quantilesText(ours), costText(took));
    if (!(quantile(ours, 0.99) < LAG_MS_MAX)) return;
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
