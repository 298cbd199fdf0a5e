/**
 * Fan-out of the gateway: one market, trades of 200 bytes as JSON to every client; server and load
 * generator in processes of their own. Beside it npm `ws` on Node with one `send` a message and client,
 * on the same load. `deno run -A bench/gateway_bench.ts [clients rate seconds]` runs one load.
 * @module
 */
import {
  aheadOfMs,
  gatewayServer,
  loadGenerator,
  peerServer,
  type Talker,
  wsOfDeno,
} from "./gateway_processes.ts";

interface Load {
  clients: number;
  rate: number;
  seconds: number;
}

/** Loads and, where there is one, the target on two quiet cores. */
const LOADS: readonly (Load & { target?: string })[] = [
  { clients: 1, rate: 2000, seconds: 5 },
  { clients: 10, rate: 2000, seconds: 5 },
  { clients: 100, rate: 2000, seconds: 5, target: "200,000/s, p99 ≤ 10 ms" },
  { clients: 1000, rate: 200, seconds: 5, target: "p99 ≤ 40 ms" },
  { clients: 5000, rate: 20, seconds: 5, target: "≤ 20 KB a connection" },
];

async function measure(name: string, server: Talker, load: Load): Promise<string> {
  const { clients, rate, seconds } = load;
  const { port } = JSON.parse(await server.line());
  const empty = await server.ask<{ rss: number }>("rss");
  const generator = loadGenerator(port, clients);
  await generator.line();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const offsetMs = await aheadOfMs(generator) - await aheadOfMs(server);
  const idle = await server.ask<{ rss: number }>("rss");
  const ran = await server.ask<{ cpu: number; rss: number }>(
    `run ${rate} ${seconds}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const got = await generator.ask<
    { messages: number; payloadBytes: number; p50Ms: number; p99Ms: number }
  >("");
  await generator.end();
  await server.end();
  const wanted = clients * rate * seconds;
  const mb = (bytes: number) => Math.round(bytes / 1e6);
  return [
    name.padEnd(12),
    `${String(clients).padStart(5)} × ${String(rate).padStart(4)}/s`,
    `${String(Math.round(got.messages / seconds)).padStart(7)}/s`,
    `${(got.messages / wanted * 100).toFixed(1).padStart(5)} %`,
    `p50 ${(got.p50Ms + offsetMs).toFixed(1).padStart(7)} ms`,
    `p99 ${(got.p99Ms + offsetMs).toFixed(1).padStart(7)} ms`,
    `CPU ${Math.round(ran.cpu).toString().padStart(3)} %`,
    `RSS ${mb(ran.rss)} MB`,
    `${((idle.rss - empty.rss) / clients / 1000).toFixed(1)} KB a connection`,
    `${got.payloadBytes} B`,
  ].join("  ");
}

const [clients, rate = 2000, seconds = 5] = Deno.args.map(Number);
const loads = clients === undefined ? LOADS : [{ clients, rate, seconds }];
const ws = wsOfDeno();
if (ws === undefined) console.log("there is no Node here: measured without its peer");
for (const load of loads) {
  const target = "target" in load ? `  (target: ${load.target})` : "";
  console.log(await measure("gateway", gatewayServer(), load) + target);
  if (ws !== undefined) console.log(await measure("ws on Node", peerServer(ws), load));
}
