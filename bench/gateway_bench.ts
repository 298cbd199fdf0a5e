/**
 * Fan-out of the gateway: one market, trades of 200 bytes as JSON to every client; server and load
 * generator in processes of their own. Beside it npm `ws` on Node with one `send` a message and client,
 * and Centrifugo where one is on the PATH, on the same load with the same client process. Servers take
 * turns for a few rounds; told are medians, and ratios to `ws`. A read's age is that of its oldest
 * message. `deno run -A bench/gateway_bench.ts [clients rate seconds rounds]` runs one load;
 * `SSMD_BENCH_CLIENTS=10000` adds the loads with up to so many clients.
 * @module
 */
import {
  aheadOfMs,
  centrifugoServer,
  gatewayServer,
  hasCentrifugo,
  loadGenerator,
  peerServer,
  type Talker,
  wsOfDeno,
} from "./gateway_processes.ts";
import { median } from "./measure.ts";

interface Load {
  clients: number;
  rate: number;
  seconds: number;
}

interface Figures {
  delivered: number;
  p50Ms: number;
  p99Ms: number;
  cpu: number;
  rss: number;
  connectionBytes: number;
}

interface Server {
  name: string;
  start: () => Talker;
  /** Address of its stream; empty = the gateway's. */
  address?: string;
}

const LOADS: readonly Load[] = [
  { clients: 1, rate: 2000, seconds: 3 },
  { clients: 10, rate: 2000, seconds: 3 },
  { clients: 100, rate: 2000, seconds: 3 },
  { clients: 100, rate: 10_000, seconds: 3 },
  { clients: 1000, rate: 200, seconds: 3 },
  { clients: 5000, rate: 20, seconds: 3 },
  { clients: 10_000, rate: 10, seconds: 3 },
];
const CLIENTS_FIRST = 200;
/** Clients of a load that everybody may wait for. */
const CLIENTS_USUAL = 1000;
const SUBSCRIBED = encodeURIComponent('{"subs":{"trades":{}}}');

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function measure(server: Server, { clients, rate, seconds }: Load): Promise<Figures> {
  const talker = server.start();
  const { port } = JSON.parse(await talker.line());
  // What the first connections compile is no memory of theirs.
  const first = loadGenerator(port, CLIENTS_FIRST, { address: server.address ?? "" });
  await first.line();
  await first.end();
  await sleep(500);
  const empty = await talker.ask<{ rss: number }>("rss");
  const generator = loadGenerator(port, clients, { address: server.address ?? "" });
  await generator.line();
  await sleep(500);
  const offsetMs = await aheadOfMs(generator) - await aheadOfMs(talker);
  const idle = await talker.ask<{ rss: number }>("rss");
  // The first second compiles.
  await talker.ask(`run ${rate} 1`);
  await sleep(300);
  await generator.ask("forget");
  const ran = await talker.ask<{ cpu: number; rss: number }>(`run ${rate} ${seconds}`);
  await sleep(1000);
  const got = await generator.ask<{ messages: number; p50Ms: number; p99Ms: number }>("");
  await generator.end();
  await talker.end();
  return {
    delivered: got.messages / (clients * rate * (seconds + 1)) * 100,
    p50Ms: got.p50Ms + offsetMs,
    p99Ms: got.p99Ms + offsetMs,
    cpu: ran.cpu,
    rss: ran.rss,
    connectionBytes: (idle.rss - empty.rss) / clients,
  };
}

function servers(): Server[] {
  const ws = wsOfDeno();
  const found: Server[] = [{ name: "gateway", start: gatewayServer }];
  if (ws === undefined) console.log("there is no Node here: measured without ws");
  else found.push({ name: "ws on Node", start: () => peerServer(ws) });
  const address = `/connection/uni_websocket?cf_connect=${SUBSCRIBED}`;
  if (hasCentrifugo()) found.push({ name: "Centrifugo", start: centrifugoServer, address });
  else console.log("there is no centrifugo on the PATH: measured without it");
  return found;
}

function line({ clients, rate }: Load, name: string, rounds: Figures[], peer?: Figures[]): string {
  const of = (what: keyof Figures, all = rounds) => median(all.map((round) => round[what]));
  const ratio = (what: keyof Figures) =>
    peer === undefined ? "" : ` (${(of(what) / of(what, peer)).toFixed(2)}×)`;
  return [
    "",
    `${String(clients).padStart(6)} × ${String(rate).padStart(5)}/s`,
    name.padEnd(10),
    `${of("delivered").toFixed(1).padStart(5)} %`,
    of("p50Ms").toFixed(1).padStart(6),
    `${of("p99Ms").toFixed(1)}${ratio("p99Ms")}`.padStart(14),
    `${of("cpu").toFixed(0)} %${ratio("cpu")}`.padStart(14),
    (of("rss") / 1e6).toFixed(0).padStart(6),
    // With few clients it is noise.
    (clients < CLIENTS_USUAL ? "–" : (of("connectionBytes") / 1000).toFixed(1)).padStart(9),
    "",
  ].join(" | ").trim();
}

const [clients, rate = 2000, seconds = 3, rounds = 3] =
  // Flags belong to other benches of the same run.
  Deno.args.filter((arg) => !arg.startsWith("--")).map(Number);
const most = Number(Deno.env.get("SSMD_BENCH_CLIENTS") ?? CLIENTS_USUAL);
const loads = clients === undefined
  ? LOADS.filter((load) => load.clients <= most)
  : [{ clients, rate, seconds }];
const all = servers();
console.log(
  "| clients × rate | server | delivered | p50 ms | p99 ms | CPU | RSS MB | KB a connection |",
);
console.log("| ---: | :--- | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const load of loads) {
  const figures = new Map<string, Figures[]>(all.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const server of all) figures.get(server.name)?.push(await measure(server, load));
  }
  const peer = figures.get("ws on Node");
  for (const [name, found] of figures) {
    console.log(line(load, name, found, found === peer ? undefined : peer));
  }
}
