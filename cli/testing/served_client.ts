/**
 * Serves the environment `demo` of the project it is started in, on a free port, to one client; for
 * the examples of `ssmd client`. Ends by itself with the project. @module
 */
import { Encoder } from "@ssmd/codec";
import { startGateway } from "@ssmd/gateway";
import {
  type SignalsDone,
  signalsSubject,
  type SignalStatus,
  type SignalSwitch,
  subjectOf,
  type Trade,
} from "@ssmd/market";
import { loadEnvironment } from "@ssmd/metadata";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";

const FILE = "exchanges/environments/demo.yaml";
const LOOK_MS = 300;
const TRADE_MS = 100;

const environment = await loadEnvironment("exchanges", "demo");
const transport = memoryTransport();
const signal = { id: "imbalance_flip", version: 1, source_hash: "a", params_hash: "b" };
const stream = { created_at_us: 1, sequence: 1 };
const status: SignalStatus = {
  ...{ id: "imbalance_flip", title: "Imbalance flips", version: 1, state: "running" },
  ...{ why: "1 market: waits for a snapshot of the book", feeds: ["kraken"], symbols: ["*"] },
  ...{ params: {}, source_hash: "a", fires: 0, errors: 0, last_fire: null },
};
const switches: SignalSwitch[] = [
  { at: Date.now(), action: "start", stream, feeds: {}, signals: [signal] },
];
await transport.respond(signalsSubject("demo"), () => {
  const answer: SignalsDone = { ok: true, signals: [status], lag_seconds: 0, switches };
  return new TextEncoder().encode(JSON.stringify(answer));
});
const gateway = await startGateway({
  env: "demo",
  transport,
  host: "127.0.0.1",
  port: 0,
  feeds: ["kraken"],
  markets: [{ symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" }],
  registryDir: "exchanges",
  environment,
  logger: silentLogger,
  metrics: new Metrics("gateway"),
  version: "0",
});
const text = await Deno.readTextFile(FILE);
await Deno.writeTextFile(FILE, text.replace(/^gateway:.*$/m, `gateway: { port: ${gateway.port} }`));
// Its port is known only now.
Object.assign(environment, await loadEnvironment("exchanges", "demo"));
const url = `${gateway.url.replace("http", "ws")}/v1/stream?symbols=BTC*&types=trade,orderbook`;

async function connected(): Promise<WebSocket> {
  const client = new WebSocket(url);
  await new Promise((resolve) => client.addEventListener("message", resolve));
  return client;
}

const staying = await connected();
const leaving = await connected();
leaving.send("this is no JSON");
leaving.close();
await new Promise((resolve) => leaving.addEventListener("close", resolve));
staying.addEventListener("close", () => {});
const reported = await fetch(`${gateway.url}/v1/feedback`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ kind: "other", text: "which day is open?" }),
});
await reported.body?.cancel();
console.log("ready");

const publisher = transport.publisher();
const encoder = new Encoder();
let sequence = 0;
setInterval(() => {
  const receivedAtUs = nowUs();
  const trade: Trade = {
    ...{ type: "trade", symbol: "BTCUSD", feed: "kraken", sequence: ++sequence, receivedAtUs },
    ...{ timestampUs: receivedAtUs, price: 66000, size: 0.1, side: "buy", tradeId: `${sequence}` },
  };
  const subject = subjectOf("demo", "kraken", "trade", "BTCUSD");
  publisher.publish({ subject, payload: encoder.encode(trade).slice(), id: `example-${sequence}` });
}, TRADE_MS);
const port = `{ port: ${gateway.port} }`;
setInterval(() => {
  const mine = readOrNothing().includes(port);
  if (!mine) Deno.exit(0);
}, LOOK_MS);

function readOrNothing(): string {
  try {
    return Deno.readTextFileSync(FILE);
  } catch {
    return "";
  }
}
