/**
 * The server under test of gateway_bench.ts, in a process of its own: a gateway with one market on a
 * bus in memory. Takes `rss`, `clock` and `run <rate> <seconds>` as lines, answers each with one line of JSON.
 * @module
 */
import { Encoder } from "@ssmd/codec";
import { startGateway } from "@ssmd/gateway";
import { subjectOf } from "@ssmd/market";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";

const STEP_MS = 2;
/** Makes a message 200 bytes long, as the peer's. */
const TRADE_ID = "0123456789012345678901234567";

const transport = memoryTransport();
const publisher = transport.publisher();
const encoder = new Encoder();
const subject = subjectOf("bench", "kraken", "trade", "BTCUSD");
const gateway = await startGateway({
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

function publish(index: number): void {
  const now = nowUs();
  const payload = encoder.encode({
    type: "trade",
    timestampUs: now,
    receivedAtUs: now,
    symbol: "BTCUSD",
    feed: "kraken",
    sequence: index + 1,
    price: 63_000.5,
    size: 0.12345,
    side: "buy",
    tradeId: TRADE_ID,
  });
  publisher.publish({ subject, payload, id: "" });
}

let published = 0;

/** Publishes at the rate, however late the timer comes; the share of a core it took, in percent. */
async function run(rate: number, seconds: number) {
  const started = performance.now();
  const cpuBefore = cpuSeconds();
  for (let sent = 0; sent < rate * seconds;) {
    const elapsedMs = performance.now() - started;
    const due = Math.min(rate * seconds, Math.floor(elapsedMs / 1000 * rate));
    for (; sent < due; sent++) publish(published++);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  const elapsed = (performance.now() - started) / 1000;
  const { rss } = Deno.memoryUsage();
  return {
    cpu: (cpuSeconds() - cpuBefore) / elapsed * 100,
    rss,
    slow: gateway.stats().slowClients,
  };
}

/** Processor time of this process so far, from the system: user and kernel, all threads. */
function cpuSeconds(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

console.log(JSON.stringify({ port: gateway.port }));
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const line of lines) {
  const [command = "", rate = "0", seconds = "0"] = line.trim().split(" ");
  if (command === "run") console.log(JSON.stringify(await run(Number(rate), Number(seconds))));
  else if (command === "clock") console.log(JSON.stringify(nowUs() / 1000));
  else if (command === "rss") console.log(JSON.stringify({ rss: Deno.memoryUsage().rss }));
  else break;
}
Deno.exit(0);
