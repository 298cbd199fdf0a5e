/**
 * The server under test of gateway_bench.ts, in a process of its own: a gateway with one market on a
 * bus in memory.
 * @module
 */
import { Encoder } from "@ssmd/codec";
import { startGateway } from "@ssmd/gateway";
import { subjectOf } from "@ssmd/market";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { answerBench } from "./gateway_load.ts";

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

await answerBench({
  port: gateway.port,
  pid: Deno.pid,
  publish: (from, to) => {
    for (let index = from; index < to; index++) publish(index);
  },
  slow: () => gateway.stats().slowClients,
});
Deno.exit(0);
