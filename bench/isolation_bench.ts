/**
 * What 100 clients feel of 20 that stop reading, 2,000 messages a second to each: their latency while
 * they are alone, while the buffers of the 20 fill, and while each of them is stuck with a full one by
 * its policy. All three follow each other a few times on the same gateway and the same 100, as the
 * machine, and what a process has compiled, are not the same all the time. Gateway and clients are
 * processes of their own.
 * @module
 */
import { aheadOfMs, gatewayServer, loadGenerator } from "./gateway_processes.ts";
import { median } from "./measure.ts";

const CLIENTS = 100;
const STUCK = 20;
const RATE = 2_000;
const WARM_SECONDS = 5;
/** Until the system takes nothing more for who does not read: before that there are just more clients. */
const SOCKETS_FULL_SECONDS = 7;
/** Until their buffers in the gateway are full, too, and the policies at work. */
const FILL_SECONDS = 13;
const SECONDS = 10;
const ROUNDS = 6;

interface Figures {
  p50Ms: number;
  p99Ms: number;
  rss: number;
  slow: number;
}

const server = gatewayServer();
const { port } = JSON.parse(await server.line());
const healthy = loadGenerator(port, CLIENTS);
await healthy.line();
const offsetMs = await aheadOfMs(healthy) - await aheadOfMs(server);

async function during(seconds: number): Promise<Figures> {
  await healthy.ask("forget");
  const { rss, slow } = await server.ask<Figures>(`run ${RATE} ${seconds}`);
  const { p50Ms, p99Ms } = await healthy.ask<Figures>("figures");
  return { p50Ms: p50Ms + offsetMs, p99Ms: p99Ms + offsetMs, rss, slow };
}

function p99Ms(rounds: readonly Figures[]): number {
  return median(rounds.map(({ p99Ms }) => p99Ms));
}

function line(name: string, rounds: readonly Figures[]): string {
  const of = (what: keyof Figures) => rounds.map((round) => round[what]);
  const each = of("p99Ms").map((ms) => ms.toFixed(1)).join(" ");
  return [
    name.padEnd(16),
    `p50 ${median(of("p50Ms")).toFixed(2)} ms`,
    `p99 ${p99Ms(rounds).toFixed(2)} ms (${each})`,
    `RSS ${Math.round(median(of("rss")) / 1e6)} MB`,
    `${median(of("slow"))} slow`,
  ].join("  ");
}

const alone: Figures[] = [];
const filling: Figures[] = [];
const full: Figures[] = [];
await during(WARM_SECONDS);
for (let round = 0; round < ROUNDS; round++) {
  alone.push(await during(SECONDS));
  const stuck = loadGenerator(port, 0, { stuck: STUCK });
  await stuck.line();
  await during(SOCKETS_FULL_SECONDS);
  filling.push(await during(FILL_SECONDS));
  full.push(await during(SECONDS));
  await stuck.end();
}
await healthy.end();
await server.end();
console.log(line(`${CLIENTS} alone`, alone));
for (const [name, rounds] of [["filling", filling], ["full", full]] as const) {
  const ratio = p99Ms(rounds) / p99Ms(alone);
  console.log(line(`beside ${STUCK}, ${name}`, rounds));
  console.log(`p99 is ${ratio.toFixed(2)} × p99 alone  (target: < 1.10)`);
}
