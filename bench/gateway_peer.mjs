// The peer of gateway_bench.ts: npm `ws` on Node, one `send` a message and client, the same load and
// the same lines on stdin as gateway_server.ts. The first argument is where `ws` is.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";

const { WebSocketServer } = createRequire(import.meta.url)(process.argv[2]);
const STEP_MS = 2;

const server = createServer();
const wss = new WebSocketServer({ server, perMessageDeflate: false });
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));

function nowMs() {
  return performance.timeOrigin + performance.now();
}

function publish(index) {
  const ms = Math.round(nowMs() * 1000) / 1000;
  const text = JSON.stringify({
    type: "trade",
    symbol: "BTCUSD",
    feed: "kraken",
    price: 63_000.5,
    size: 0.12345,
    side: "buy",
    ts: ms,
    recv_ts: ms,
    seq: index,
    pos: 1764000000000000 + index,
    id: "0123456789012345678901234567",
  });
  for (const client of wss.clients) client.send(text);
}

let published = 0;

async function run(rate, seconds) {
  const started = performance.now();
  const before = process.cpuUsage();
  for (let sent = 0; sent < rate * seconds;) {
    const elapsedMs = performance.now() - started;
    const due = Math.min(rate * seconds, Math.floor(elapsedMs / 1000 * rate));
    for (; sent < due; sent++) publish(published++);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  const elapsed = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e4 / elapsed, rss: process.memoryUsage().rss, slow: 0 };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, rate, seconds] = line.trim().split(" ");
  if (command === "run") console.log(JSON.stringify(await run(Number(rate), Number(seconds))));
  else if (command === "clock") console.log(JSON.stringify(nowMs()));
  else if (command === "rss") console.log(JSON.stringify({ rss: process.memoryUsage().rss }));
  else break;
}
process.exit(0);
