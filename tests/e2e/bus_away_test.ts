import assert from "node:assert/strict";
import { startSimulator } from "@ssmd/simulator";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { Folder, Running, RunningUp, type StartOptions, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const FEED = "kraken";
/** Services and the line with which each says that it is at work, in the order of their start. */
const READY = [
  ["connector", "capturing"],
  ["archiver", "archiving"],
  ["gateway", "serving"],
  ["signals", "signals run"],
  ["agents", "agents"],
] as const;

/** One of two environments of a venue and a bus: one for services of their own, one for `up`. */
async function writeEnvironment(name: string, cwd: string, urls: { nats: string; venue: string }) {
  const feeds = { [FEED]: { symbols: { BTCUSD: "BTC/USD" }, endpoint: urls.venue } };
  await writeRegistry(cwd, { name, feeds, natsUrl: urls.nats });
  const file = `${cwd}/exchanges/environments/${name}.yaml`;
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      ...JSON.parse(await Deno.readTextFile(file)),
      agents: { model: { type: "scripted" } },
      signals: { imbalance_flip: {} },
    }),
  );
}

function runningOf(service: NonNullable<StartOptions["service"]>, cwd: string): Running {
  const port = service === "gateway" ? "--port" : "--metrics-port";
  return new Running(["--env", "apart", port, "0"], { cwd, service });
}

Deno.test({
  name: "a bus that is away is waited for at the start, and not at the end, by up and each service",
  ignore: !natsServerAvailable(),
  fn: async () => {
    await using folder = new Folder();
    await using stack = new AsyncDisposableStack();
    const nats = await startNatsServer();
    stack.defer(() => nats.stop());
    const source = { seed: 3, symbols: [{ external: "BTC/USD" }], ratePerSecond: 50 };
    const venue = await startSimulator({ venue: FEED, source: { type: "model", ...source } });
    stack.defer(() => venue.close());
    const [apart, together] = [`${folder.path}/apart`, `${folder.path}/together`];
    await writeEnvironment("apart", apart, { nats: nats.url, venue: venue.url });
    await writeEnvironment("together", together, { nats: nats.url, venue: venue.url });
    const all = new Map<string, Running>();
    const startWithoutBus = async (name: string, ready: string, start: () => Running) => {
      await nats.kill();
      const process = stack.use(start());
      const { error } = await process.line("cannot start yet");
      assert.match(JSON.stringify(error), /TRANSPORT_UNAVAILABLE.*No nats-server answers at nats:/);
      await nats.restart();
      await process.line(({ message }) => message === ready);
      all.set(name, process);
    };
    const up = new RunningUp(["--env", "together"], { cwd: together });
    await startWithoutBus("up", "running", () => up);
    for (const [service, ready] of READY) {
      await startWithoutBus(service, ready, () => runningOf(service, apart));
    }
    await nats.kill();
    const ends = [...all].map(async ([name, process]) => {
      const { code, output } = await process.stop("SIGTERM");
      assert.equal(code, 0, `${name}: ${output}`);
    });
    await Promise.all(ends);
    // What the bus did not take lies in the spool: the next start archives it.
    await nats.restart();
    const again = stack.use(new RunningUp(["--env", "together"], { cwd: together }));
    await again.line("running");
    assert.equal((await again.stop("SIGTERM")).code, 0, again.output);
    const verified = await verify(`${together}/data`);
    assert.deepEqual([verified.code, verified.problems], [0, []], verified.output);
  },
});
