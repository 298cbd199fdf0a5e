/**
 * Requests a second of the gateway's REST, one process asking over keep-alive connections, another
 * answering: `deno run -A bench/rest_bench.ts [connections seconds]`. `empty` is a node:http handler
 * that answers `{}`; the others stand beside it as a ratio.
 */
import { createServer } from "node:http";
import { connect } from "node:net";
import { Encoder } from "@ssmd/codec";
import { startGateway } from "@ssmd/gateway";
import { type MarketEvent, subjectOf } from "@ssmd/market";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { type Measurement, tableOf } from "./measure.ts";

const MARKETS = 500;
const TRADES = 200;
const ROUTES = [
  "/health",
  "/v1/markets?limit=100",
  "/v1/markets/M7",
  "/v1/markets/M7/trades?limit=100",
  "/v1/markets/M7/candles?interval=1s&limit=60",
  "/v1/markets/M7/candles?interval=1m&limit=60",
];
const UTF8 = new TextEncoder();

/** Asks for `path` on some connections, one request after another on each; answers a second. */
async function load(port: number, path: string, connections: number, seconds: number) {
  const request = UTF8.encode(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  const untilMs = performance.now() + seconds * 1000;
  let answers = 0;
  await Promise.all(Array.from({ length: connections }, () =>
    new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(request));
      let missing = 0;
      socket.on("data", (chunk: Uint8Array) => {
        if (missing === 0) missing = lengthOf(chunk);
        missing -= chunk.length;
        if (missing > 0) return;
        answers++;
        if (performance.now() < untilMs) socket.write(request);
        else socket.end();
      });
      socket.on("close", () => resolve());
    })));
  return answers / seconds;
}

/** Bytes of an answer whose first chunk holds its head. */
function lengthOf(chunk: Uint8Array): number {
  const text = new TextDecoder("latin1").decode(chunk.subarray(0, 1024));
  const body = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return text.indexOf("\r\n\r\n") + 4 + body;
}

/** Asks from a process of its own. */
async function measured(name: string, port: number, path: string, args: string[]) {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-A",
      "--frozen",
      import.meta.filename ?? "",
      "load",
      String(port),
      path,
      ...args,
    ],
    stderr: "inherit",
  }).output();
  return { name, opsPerSecond: Number(new TextDecoder().decode(stdout)) } satisfies Measurement;
}

function* records(): Generator<MarketEvent> {
  const startUs = nowUs() - TRADES * 1_000_000;
  let sequence = 0;
  for (let i = 0; i < TRADES; i++) {
    for (let market = 0; market < MARKETS; market++) {
      const us = startUs + i * 1_000_000 + market;
      const base = { symbol: `M${market}`, feed: "bench", receivedAtUs: us, timestampUs: us };
      const price = 100 + (i * 7 % 100) / 10;
      yield {
        ...{ type: "trade", ...base, sequence: ++sequence, price, size: 0.5, side: "buy" },
        tradeId: String(sequence),
      };
    }
  }
}

async function withGateway(body: (port: number) => Promise<void>): Promise<void> {
  const transport = memoryTransport();
  const gateway = await startGateway({
    ...{ env: "bench", transport, host: "127.0.0.1", port: 0, feeds: ["bench"], version: "0" },
    markets: [],
    logger: silentLogger,
    metrics: new Metrics("gateway"),
  });
  const publisher = transport.publisher();
  const encoder = new Encoder();
  for (const event of records()) {
    const subject = subjectOf("bench", event.feed, event.type, event.symbol);
    const id = `b-${event.sequence}-0`;
    publisher.publish({ subject, payload: encoder.encode(event).slice(), id });
    if (event.sequence % 5000 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  while (gateway.stats().recordsReceived < MARKETS * TRADES) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await body(gateway.port);
  await publisher.close();
  await gateway.close();
  await transport.close();
}

async function main(connections: string, seconds: string): Promise<void> {
  const found: Measurement[] = [];
  const args = [connections, seconds];
  const empty = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "2" });
    response.end("{}");
  });
  await new Promise<void>((resolve) => empty.listen(0, "127.0.0.1", () => resolve()));
  const address = empty.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  found.push(await measured("empty", port, "/", args));
  await new Promise((resolve) => empty.close(resolve));
  await withGateway(async (port) => {
    for (const path of ROUTES) found.push(await measured(path, port, path, args));
  });
  console.log(`${MARKETS} markets, ${connections} connections, ${seconds} s each`);
  console.log(tableOf(found, "empty"));
}

const [first = "16", second = "3", ...rest] = Deno.args;
if (first === "load") {
  const [path = "/", connections = "1", seconds = "1"] = rest;
  console.log(await load(Number(second), path, Number(connections), Number(seconds)));
} else await main(first, second);
