/**
 * What 100 clients feel of 20 that stop reading: their latency alone, and while each of the 20 is stuck
 * with a full buffer by its policy; gateway and clients in processes of their own, 2,000 messages a
 * second to every client. Alone and beside take turns, as the machine is not the same all the time.
 * @module
 */
import { aheadOfMs, gatewayServer, loadGenerator } from "./gateway_processes.ts";
import { median } from "./measure.ts";

const CLIENTS = 100;
const STUCK = 20;
const RATE = 2_000;
/** Until sockets and buffers of who does not read are full. */
const FILL_SECONDS = 12;
const SECONDS = 8;
const ROUNDS = 5;

interface Figures {
  p50Ms: number;
  p99Ms: number;
  rss: number;
  slow: number;
}

async function measure(stuck: number): Promise<Figures> {
  const server = gatewayServer();
  const { port } = JSON.parse(await server.line());
  const generator = loadGenerator(port, CLIENTS, stuck);
  await generator.line();
  const offsetMs = await aheadOfMs(generator) - await aheadOfMs(server);
  await server.ask(`run ${RATE} ${FILL_SECONDS}`);
  await generator.ask("forget");
  const { rss, slow } = await server.ask<{ rss: number; slow: number }>(`run ${RATE} ${SECONDS}`);
  const { p50Ms, p99Ms } = await generator.ask<{ p50Ms: number; p99Ms: number }>("");
  await generator.end();
  await server.end();
  return { p50Ms: p50Ms + offsetMs, p99Ms: p99Ms + offsetMs, rss, slow };
}

function line(name: string, rounds: readonly Figures[]): string {
  const of = (what: keyof Figures) => rounds.map((round) => round[what]);
  return [
    name.padEnd(16),
    `p50 ${median(of("p50Ms")).toFixed(2)} ms`,
    `p99 ${median(of("p99Ms")).toFixed(2)} ms (${
      of("p99Ms").map((ms) => ms.toFixed(1)).join(" ")
    })`,
    `RSS ${Math.round(median(of("rss")) / 1e6)} MB`,
    `${median(of("slow"))} slow`,
  ].join("  ");
}

const alone: Figures[] = [];
const beside: Figures[] = [];
for (let round = 0; round < ROUNDS; round++) {
  alone.push(await measure(0));
  beside.push(await measure(STUCK));
}
const ratio = median(beside.map(({ p99Ms }) => p99Ms)) / median(alone.map(({ p99Ms }) => p99Ms));
console.log(line(`${CLIENTS} alone`, alone));
console.log(line(`beside ${STUCK} stuck`, beside));
console.log(`p99 beside is ${ratio.toFixed(2)} × p99 alone  (target: < 1.10)`);
