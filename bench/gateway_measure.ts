/** What a fan-out server does under a load, with servers and load generator in processes of their own. @module */
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

/** Clients, and messages a second to each. */
export interface Load {
  clients: number;
  rate: number;
  seconds: number;
}

/** What was measured under a load. */
export interface Figures {
  /** Of the messages, %. */
  delivered: number;
  p50Ms: number;
  p99Ms: number;
  /** Of one core, %. */
  cpu: number;
  rss: number;
  connectionBytes: number;
}

/** A server that is measured. */
export interface Server {
  name: string;
  start: () => Talker;
  /** Address of its stream; empty = the gateway's. */
  address?: string;
}

const CLIENTS_FIRST = 200;
const SUBSCRIBED = encodeURIComponent('{"subs":{"trades":{}}}');

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Starts a server and its clients and measures one load. */
export async function measureServer(
  server: Server,
  { clients, rate, seconds }: Load,
): Promise<Figures> {
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

/** The gateway and the peers that are there; says in a line which are not. */
export function servers(): Server[] {
  const ws = wsOfDeno();
  const found: Server[] = [{ name: "gateway", start: gatewayServer }];
  if (ws === undefined) console.log("there is no Node here: measured without ws");
  else found.push({ name: "ws on Node", start: () => peerServer(ws) });
  const address = `/connection/uni_websocket?cf_connect=${SUBSCRIBED}`;
  if (hasCentrifugo()) found.push({ name: "Centrifugo", start: centrifugoServer, address });
  else console.log("there is no centrifugo on the PATH: measured without it");
  return found;
}
