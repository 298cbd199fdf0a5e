/**
 * The gateway of mcp_bench.ts, in a process of its own: some hundred markets with trades and books on
 * a bus in memory, beside it what answers as the services of signals and agents would. Prints its
 * port, and for each line of its input the processor time that it has used, µs; it ends with its input.
 * @module
 */
import process from "node:process";
import { Encoder } from "@ssmd/codec";
import { startGateway } from "@ssmd/gateway";
import { agentsSubject, type MarketEvent, signalsSubject, subjectOf } from "@ssmd/market";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport, type Transport } from "@ssmd/transport";
import { writeDay } from "./archived_day.ts";

const ARCHIVED_US = Date.parse("2026-08-01T12:00:00Z") * 1000;
const MARKETS = 200;
const TRADES = 300;
const LEVELS = 20;
/** Calls are measured, not refused. */
const FREE = { callsPerMinuteMax: 1e9, callsBurstMax: 1e9, reportsPerMinuteMax: 1e9 };

/** Trades of every market, the newest just now, and a book of each. */
function* records(): Generator<MarketEvent> {
  const startUs = nowUs() - TRADES * 1_000_000;
  let sequence = 0;
  const of = (market: number, us: number) => ({
    ...{ symbol: `M${market}`, feed: "bench", receivedAtUs: us, timestampUs: us },
    sequence: ++sequence,
  });
  for (let i = 0; i < TRADES; i++) {
    for (let market = 0; market < MARKETS; market++) {
      const base = of(market, startUs + i * 1_000_000 + market);
      const price = 100 + (i * 7 % 100) / 10;
      yield { type: "trade", ...base, price, size: 0.5, side: "buy", tradeId: String(sequence) };
    }
  }
  for (let market = 0; market < MARKETS; market++) {
    const levels = (sign: number) =>
      Array.from({ length: LEVELS }, (_, i) => ({ price: 100 + sign * (i + 1) / 10, size: 1.5 }));
    const base = of(market, nowUs());
    yield {
      ...{ ...base, type: "orderbook", kind: "snapshot", depth: 0, checksum: "unverified" },
      ...{ bids: levels(-1), asks: levels(1) },
    };
  }
}

/** What an archive of long ago holds: it is looked into where memory does not reach back. */
async function archive(): Promise<Storage> {
  const storage = memoryStorage();
  const times = { receivedAtUs: ARCHIVED_US, timestampUs: ARCHIVED_US, sequence: 1 };
  const base = { symbol: "M7", feed: "bench", ...times };
  const trade = { price: 100, size: 0.5, side: "buy", tradeId: "1" } as const;
  await writeDay(storage, { env: "bench", feed: "bench" }, [[{
    type: "trade",
    ...base,
    ...trade,
  }]]);
  return storage;
}

async function answer(transport: Transport, subject: string, value: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  await transport.respond(subject, () => bytes);
}

const transport = memoryTransport();
const signals = Array.from({ length: 10 }, (_, i) => ({
  ...{ id: `signal_${i}`, title: "Spread widens", version: 1, state: "running", fires: 9 },
  ...{ feeds: ["bench"], symbols: ["*"], params: { minSpread: 0.04 }, state_detail: "" },
  source_sha256: "a".repeat(64),
}));
await answer(transport, signalsSubject("bench"), {
  ok: true,
  signals,
  lag_seconds: 0,
  switches: [],
});
await answer(transport, agentsSubject("bench"), {
  ok: true,
  test: { signal: "signal_0", ok: true, fires: 3, records: 9, steps: [], findings: [] },
  thread: {
    ...{ thread: "d-1", state: "ended", detail: "", model: "scripted", signal: "wide" },
    ...{ source: "export default 1;", hash: null, checks: [] },
  },
});
const gateway = await startGateway({
  ...{ env: "bench", transport, storage: await archive(), host: "127.0.0.1", port: 0 },
  ...{ feeds: ["bench"], markets: [], toolLimits: FREE, version: "0", logger: silentLogger },
  metrics: new Metrics("gateway"),
});
const publisher = transport.publisher();
const encoder = new Encoder();
let published = 0;
for (const event of records()) {
  const subject = subjectOf("bench", event.feed, event.type, event.symbol);
  publisher.publish({ subject, payload: encoder.encode(event).slice(), id: `b-${++published}` });
  if (published % 5000 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
}
while (gateway.stats().recordsReceived < published) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log(gateway.port);
for await (const _ of Deno.stdin.readable) {
  const { user, system } = process.cpuUsage();
  console.log(user + system);
}
Deno.exit(0);
