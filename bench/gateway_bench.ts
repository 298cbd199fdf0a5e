/**
 * Fan-out of the gateway: `deno run -A bench/gateway_bench.ts [clients rate seconds]`. One market,
 * trades at `rate` a second to every client; the clients are raw sockets in a process of their own.
 * `floor` is the same load with npm `ws` and one `send` a message and client, in this process.
 */
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import { connect } from "node:net";
import process from "node:process";
import { Encoder } from "@ssmd/codec";
import { startGateway } from "@ssmd/gateway";
import { subjectOf } from "@ssmd/market";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { type WebSocket, WebSocketServer } from "ws";

interface Load {
  clients: number;
  rate: number;
  seconds: number;
}

interface Result {
  messages: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

interface Running {
  port: number;
  publish: (index: number) => void;
  close: () => Promise<void>;
}

const RECV_TS = Buffer.from('"recv_ts":');
const TRADE = Buffer.from('"type":"trade"');

/** Runs as the load generator: connects, counts frames, samples latency, prints one JSON line. */
async function runClients(port: number, load: Load): Promise<void> {
  const latencies: number[] = [];
  let messages = 0;
  const sockets = await Promise.all(Array.from({ length: load.clients }, async () => {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const read = countFrames(rest, latencies);
      messages += read.trades;
      rest = rest.subarray(read.bytes);
    });
    socket.write(
      "GET /v1/stream?symbols=BTCUSD&types=trade HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" +
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        "Sec-WebSocket-Version: 13\r\n\r\n",
    );
    return socket;
  }));
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(1));
  for (const socket of sockets) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
  const result: Result = { messages, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
  console.log(JSON.stringify(result));
}

/** Counts whole trade frames from the start; the first one's age is taken as a sample. */
function countFrames(bytes: Buffer, latencies: number[]): { bytes: number; trades: number } {
  let at = bytes[0] === 0x48 ? bytes.indexOf("\r\n\r\n") + 4 : 0;
  let trades = 0;
  if (at === 3) return { bytes: 0, trades };
  while (at + 4 <= bytes.length) {
    let length = (bytes[at + 1] ?? 0) & 127;
    let header = 2;
    if (length === 126) [length, header] = [bytes.readUInt16BE(at + 2), 4];
    const end = at + header + length;
    if (end > bytes.length) break;
    if (bytes.indexOf(TRADE, at) === at + header + 1) {
      if (trades++ === 0) {
        const place = bytes.indexOf(RECV_TS, at) + RECV_TS.length;
        const sentMs = parseFloat(bytes.toString("latin1", place, place + 20));
        latencies.push(nowUs() / 1000 - sentMs);
      }
    }
    at = end;
  }
  return { bytes: at, trades };
}

async function gateway(): Promise<Running> {
  const transport = memoryTransport();
  const publisher = transport.publisher();
  const encoder = new Encoder();
  const subject = subjectOf("bench", "kraken", "trade", "BTCUSD");
  const running = await startGateway({
    env: "bench",
    transport,
    host: "127.0.0.1",
    port: 0,
    feeds: ["kraken"],
    markets: [{ symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" }],
    logger: silentLogger,
    metrics: new Metrics("gateway"),
    version: "0",
  });
  return {
    port: running.port,
    publish: (index) => {
      const now = nowUs();
      const payload = encoder.encode({
        type: "trade",
        timestampUs: now,
        receivedAtUs: now,
        symbol: "BTCUSD",
        feed: "kraken",
        sequence: index + 1,
        price: 63_000 + index % 100 / 10,
        size: 0.12345,
        side: "buy",
        tradeId: `t${index}`,
      });
      publisher.publish({ subject, payload, id: "" });
    },
    close: () => running.close(),
  };
}

function plainWs(): Promise<Running> {
  const server = createServer();
  const wss = new WebSocketServer({ server, perMessageDeflate: false });
  const publish = (index: number) => {
    const now = nowUs() / 1000;
    const text = JSON.stringify({
      type: "trade",
      symbol: "BTCUSD",
      feed: "kraken",
      price: 63_000 + index % 100 / 10,
      size: 0.12345,
      side: "buy",
      ts: now,
      recv_ts: now,
      seq: index,
      id: `t${index}`,
    });
    for (const client of wss.clients as Set<WebSocket>) client.send(text);
  };
  const close = () => {
    for (const client of wss.clients as Set<WebSocket>) client.terminate();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ port, publish, close });
    });
  });
}

/** Publishes in steps of 2 ms at the rate, however late the timer comes. */
async function publishAll(publish: (index: number) => void, load: Load): Promise<number> {
  const started = performance.now();
  const total = load.rate * load.seconds;
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor((performance.now() - started) / 1000 * load.rate));
    while (sent < due) publish(sent++);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return total;
}

async function measure(name: string, start: () => Promise<Running>, load: Load): Promise<void> {
  const running = await start();
  const { clients, rate, seconds } = load;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename ?? "", "--clients", `${running.port}`]
      .concat([clients, rate, seconds].map(String)),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await lines.read();
  const before = Deno.memoryUsage().rss;
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const total = await publishAll(running.publish, load);
  const cpu = process.cpuUsage(cpuBefore);
  const elapsedMs = performance.now() - started;
  const stdin = child.stdin.getWriter();
  await stdin.write(new Uint8Array(1));
  const result: Result = JSON.parse((await lines.read()).value ?? "{}");
  await stdin.close().catch(() => {});
  await child.status;
  await running.close();
  const share = result.messages / (total * clients) * 100;
  console.log(
    `${name.padEnd(8)} ${clients} × ${rate}/s: ${
      Math.round(result.messages / seconds)
    }/s delivered ` +
      `(${share.toFixed(1)} %), p50 ${result.p50Ms.toFixed(1)} ms, p99 ${
        result.p99Ms.toFixed(1)
      } ms, ` +
      `max ${result.maxMs.toFixed(0)} ms, CPU ${
        Math.round((cpu.user + cpu.system) / 10 / elapsedMs)
      } %, ` +
      `RSS ${Math.round(Deno.memoryUsage().rss / 1e6)} MB (+${
        Math.round((Deno.memoryUsage().rss - before) / 1e6)
      })`,
  );
}

if (Deno.args[0] === "--clients") {
  const [port = 0, clients = 1, rate = 1, seconds = 1] = Deno.args.slice(1).map(Number);
  await runClients(port, { clients, rate, seconds });
  Deno.exit(0);
}
const [clients = 100, rate = 2000, seconds = 5] = Deno.args.map(Number);
const load: Load = { clients, rate, seconds };
await measure("gateway", gateway, load);
await measure("floor", plainWs, load);
Deno.exit(0);
