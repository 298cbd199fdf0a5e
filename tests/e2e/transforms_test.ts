import assert from "node:assert/strict";
import { startSimulator } from "@ssmd/simulator";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { Folder, Running, type StartOptions } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ENV = "apart";
const RATE_PER_SECOND = 50;

/** Messages of a type that a stream sends, so many of them. */
async function messagesOf(url: string, type: string, count: number): Promise<unknown[]> {
  const socket = new WebSocket(url);
  const found: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "error") reject(new Error(data));
      if (message.type === type && found.push(message) === count) resolve();
    };
    socket.onclose = ({ reason }) => reject(new Error(`closed: ${reason}`));
  }).finally(() => socket.close());
  return found;
}

Deno.test({
  name: "beside NATS the signals program runs the transforms of a gateway that may start nothing",
  ignore: !natsServerAvailable(),
  fn: async () => {
    await using folder = new Folder();
    await using stack = new AsyncDisposableStack();
    const nats = await startNatsServer();
    stack.defer(() => nats.stop());
    const source = { seed: 3, symbols: [{ external: "BTC/USD" }], ratePerSecond: RATE_PER_SECOND };
    const venue = await startSimulator({ venue: "kraken", source: { type: "model", ...source } });
    stack.defer(() => venue.close());
    const cwd = folder.path;
    const feeds = { kraken: { symbols: { BTCUSD: "BTC/USD" }, endpoint: venue.url } };
    await writeRegistry(cwd, { name: ENV, feeds, natsUrl: nats.url });
    const sources = {
      "line.lua": 'return function(record) return record.symbol .. "," .. record.price end',
      "own.ts": "export default ({ price }: { price: number }) => ({ px: price });",
    };
    await Deno.mkdir(`${cwd}/exchanges/transforms`);
    for (const [name, text] of Object.entries(sources)) {
      await Deno.writeTextFile(`${cwd}/exchanges/transforms/${name}`, text);
    }
    const start = (service: NonNullable<StartOptions["service"]>, port: string) =>
      stack.use(new Running(["--env", ENV, port, "0"], { cwd, service }));
    const gateway = start("gateway", "--port");
    const { url } = await gateway.line("gateway listens");
    const away = await fetch(`${url}/v1/transforms`);
    assert.deepEqual([away.status, (await away.json()).code], [503, "TRANSFORMS_AWAY"]);
    const signals = start("signals", "--metrics-port");
    await signals.line("there are no signals");
    const connector = start("connector", "--metrics-port");
    await connector.line("capturing");
    const stream = `${String(url).replace("http", "ws")}/v1/stream?symbols=BTCUSD&types=trade`;
    for (const message of await messagesOf(`${stream}&transform=line`, "transformed", 20)) {
      assert.match(String((message as { text: string }).text), /^BTCUSD,[\d.]+$/);
    }
    const page = await fetch(`${url}/v1/markets/BTCUSD/trades?limit=5&transform=own`);
    const { transformed } = await page.json() as { transformed: { json: { px: number } }[] };
    assert.equal(transformed.length, 5);
    for (const { json } of transformed) assert.ok(json.px > 0);
    for (const process of [connector, gateway, signals]) {
      assert.equal((await process.stop("SIGTERM")).code, 0, process.output);
    }
  },
});
