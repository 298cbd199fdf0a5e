import assert from "node:assert/strict";
import { createArchiver } from "@ssmd/archiver";
import { readArchive } from "@ssmd/archive";
import { verifyArchive } from "@ssmd/dataset/verify";
import type { Gap } from "@ssmd/market";
import { startSimulator } from "@ssmd/simulator";
import { openStorage } from "@ssmd/storage";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { writeRegistry } from "./crash_registry.ts";
import { Service } from "./crash_service.ts";
import { eventually } from "./_process.ts";

const ENV = "sooner";
const SYMBOLS = [
  { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD", depth: 10 },
  { symbol: "ETHUSD", feed: "kraken", external: "ETH/USD", depth: 10 },
] as const;
const KILLS = Number(Deno.env.get("SSMD_DURABILITY_KILLS") ?? 3);
/** Records after which it is killed. */
const RECORDS = 500;

Deno.test({
  name: "a killed connector that publishes before its fdatasync has in raw all that it published",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const dir = await Deno.makeTempDir({ prefix: "ssmd-sooner-" });
    const server = await startNatsServer();
    const symbols = SYMBOLS.map(({ external }) => ({ external }));
    const source = { type: "model", seed: 3, symbols, ratePerSecond: 1000 } as const;
    const simulator = await startSimulator({ venue: "kraken", source });
    const bus = await openTransport({ type: "nats", url: server.url }, { env: ENV });
    const storage = await openStorage({ type: "local", path: `${dir}/data` });
    const archiver = createArchiver({
      ...{ env: ENV, feeds: ["kraken"], transport: bus, storage },
      ...{ version: "0.1.0", commit: "test" },
    });
    const connector = new Service({
      name: "connector",
      args: [
        ...["connector/main.ts", "--env", ENV, "--feed", "kraken", "--metrics-port", "0"],
        ...["--data", `${dir}/data`],
      ],
      cwd: dir,
      ready: "capturing",
    });
    try {
      await writeRegistry(dir, {
        ...{ name: ENV, symbols: SYMBOLS, durability: "bus" },
        transport: `{ type: nats, url: ${server.url} }`,
        endpoints: { kraken: simulator.url },
      });
      await archiver.start();
      for (let kill = 0; kill <= KILLS; kill++) {
        const { lastSequence } = await bus.state();
        connector.start();
        await eventually(`records of start ${kill}`, async () => {
          return (await bus.state()).lastSequence > lastSequence + RECORDS || undefined;
        });
        if (kill < KILLS) await connector.kill();
      }
      assert.equal(await connector.stop(), 0, connector.tail());
      await archiver.close();
      const gaps: Gap[] = [];
      for await (const batch of readArchive(storage, { env: ENV, feed: "kraken" })) {
        gaps.push(...batch.filter((each): each is Gap => each.type === "gap"));
      }
      // Raw gives exactly the records that were published, by any of the runs.
      assert.deepEqual((await verifyArchive(storage, {})).problems, []);
      const ends = gaps.filter(({ detail }) => detail.includes("the process ended"));
      assert.ok(ends.length >= KILLS, "a kill is not told");
      assert.ok(ends.every(({ detail }) => !detail.includes("the disk lost")));
    } finally {
      await connector.kill();
      await bus.close();
      await simulator.close();
      await storage.close();
      await server.stop();
      await Deno.remove(dir, { recursive: true });
    }
  },
});
