import assert from "node:assert/strict";
import { startSimulator } from "@ssmd/simulator";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { type CrashSymbol, writeRegistry } from "./crash_registry.ts";
import { eventually, Folder, Running, runSsmd } from "./_process.ts";

const ENV = "sharded";
const FEED = "kraken";
const SYMBOLS: readonly CrashSymbol[] = [
  { symbol: "BTCUSD", feed: FEED, external: "BTC/USD", depth: 10, tier: 1 },
  { symbol: "SOLUSD", feed: FEED, external: "SOL/USD", depth: 10, tier: 2 },
];

Deno.test({
  name:
    "a shard whose connector is killed is told by the gateway and by status, and so is its return",
  ignore: !natsServerAvailable(),
  fn: async () => {
    await using folder = new Folder();
    const cwd = folder.path;
    const server = await startNatsServer();
    const markets = SYMBOLS.map(({ external }) => ({ external }));
    const source = { type: "model", seed: 5, symbols: markets, ratePerSecond: 50 } as const;
    const simulator = await startSimulator({ venue: FEED, source });
    await writeRegistry(cwd, {
      ...{ name: ENV, symbols: SYMBOLS, shards: { tier1: 1, tier2: 2 } },
      transport: `{ type: nats, url: "${server.url}" }`,
    });
    const connector = (shard: string) =>
      new Running(
        ["--env", ENV, "--feed", FEED, "--endpoint", simulator.url, "--metrics-port", "0"],
        { service: "connector", cwd, env: { SHARD_ID: shard } },
      );
    try {
      await using gateway = new Running(["--env", ENV, "--port", "0"], { service: "gateway", cwd });
      await using one = connector("tier1");
      await using two = connector("tier2");
      const { page } = await gateway.line("serving");
      const shards = async () => {
        const answer = await fetch(`${page}v1/feeds`);
        const { feeds: [feed] } = await answer.json();
        return JSON.stringify(feed?.shards);
      };
      const tells = (isThere: boolean) =>
        eventually(
          `tier2 that ${isThere ? "answers" : "is away"}`,
          async () =>
            await shards() === JSON.stringify([
              { shard: "tier1", answers: true },
              { shard: "tier2", answers: isThere },
            ]),
        );
      await one.line("capturing");
      await tells(true);
      await two[Symbol.asyncDispose]();
      await tells(false);
      const { output } = await runSsmd(["status", "--env", ENV], { cwd });
      assert.match(output, /the connector of kraken in shard tier2 does not answer/);
      await using again = connector("tier2");
      await again.line("capturing");
      await tells(true);
    } finally {
      await simulator.close();
      await server.stop();
    }
  },
});
