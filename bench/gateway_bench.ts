/**
 * Fan-out of the gateway: one market, trades of 200 bytes as JSON to every client; server and load
 * generator in processes of their own. Beside it npm `ws` on Node with one `send` a message and client,
 * and Centrifugo where one is on the PATH, on the same load with the same client process. Servers take
 * turns for a few rounds; told are medians, and ratios to `ws`. A read's age is that of its oldest
 * message. `deno run -A bench/gateway_bench.ts [clients rate seconds rounds]` runs one load;
 * `SSMD_BENCH_CLIENTS=10000` adds the loads with up to so many clients.
 * @module
 */
import { type Figures, type Load, measureServer, servers } from "./gateway_measure.ts";
import { median } from "./measure.ts";

const LOADS: readonly Load[] = [
  { clients: 1, rate: 2000, seconds: 3 },
  { clients: 10, rate: 2000, seconds: 3 },
  { clients: 100, rate: 2000, seconds: 3 },
  { clients: 100, rate: 10_000, seconds: 3 },
  { clients: 1000, rate: 200, seconds: 3 },
  { clients: 5000, rate: 20, seconds: 3 },
  { clients: 10_000, rate: 10, seconds: 3 },
];
/** Clients of a load that everybody may wait for. */
const CLIENTS_USUAL = 1000;
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
    for (const server of all) figures.get(server.name)?.push(await measureServer(server, load));
  }
  const peer = figures.get("ws on Node");
  for (const [name, found] of figures) {
    console.log(line(load, name, found, found === peer ? undefined : peer));
  }
}
