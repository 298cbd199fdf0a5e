import assert from "node:assert/strict";
import { reprocess, type ReprocessOptions } from "@ssmd/dataset/reprocess";
import { memoryStorage, openStorage, type Storage } from "@ssmd/storage";
import { type Fault, startFaultProxy } from "../servers/fault_proxy.ts";
import { s3ServerAvailable, startS3Server } from "../servers/s3_server.ts";
import { SeededRandom } from "./crash_service.ts";
import { Folder } from "./_process.ts";
import { FEED_ID, fillRaw } from "./_raw_days.ts";
import { contentOf } from "./_versions.ts";

const BUCKETS = { raw: "raw", normalized: "normalized" };
/** Of so many requests one fails, any of them. */
const FAILS_ONE_OF = 20;
const FAULTS: readonly Fault[] = ["busy", "reset", "cutRequest", "cutAnswer", "loseAnswer"];

function optionsFor(storage: Storage, tempDir: string): ReprocessOptions {
  return {
    ...{ storage, ...FEED_ID, version: "v2", from: "2026-08-01", to: "2026-08-03", tempDir },
    software: { version: "0.1.0", commit: "test" },
  };
}

Deno.test({
  name: "a reprocess on S3 of which one request in twenty fails gives what it gives without faults",
  ignore: !s3ServerAvailable(),
  fn: async () => {
    const seed = Number(Deno.env.get("SSMD_CRASH_SEED") ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed} (again with SSMD_CRASH_SEED=${seed})`);
    const random = new SeededRandom(seed);
    await using folder = new Folder();
    const memory = memoryStorage();
    await fillRaw(memory);
    await reprocess(optionsFor(memory, folder.path));
    const expected = await contentOf(memory, { ...FEED_ID, version: "v2" });

    const server = await startS3Server({ buckets: Object.values(BUCKETS), keepAlive: false });
    const proxy = startFaultProxy(server.port);
    try {
      const { region, credentials } = server;
      const config = { type: "s3", region, credentials, buckets: BUCKETS } as const;
      const direct = await openStorage({ ...config, endpoint: server.endpoint });
      await fillRaw(direct);
      let failed = 0;
      let failing = 0;
      proxy.plan = ({ number }) => {
        const nth = number % FAILS_ONE_OF;
        if (nth === 0) failing = Math.floor(random.between(0, FAILS_ONE_OF));
        if (nth !== failing) return "pass";
        failed++;
        return FAULTS[Math.floor(random.between(0, FAULTS.length))] as Fault;
      };
      const through = { ...config, endpoint: proxy.endpoint };
      const storage = await openStorage(through);
      const threads = { count: 2, storage: through };
      await reprocess({ ...optionsFor(storage, folder.path), threads });
      assert.deepEqual(await contentOf(direct, { ...FEED_ID, version: "v2" }), expected);
      console.log(`${failed} of ${proxy.requests.length} requests failed`);
      assert.ok(failed > 0);
      await storage.close();
      await direct.close();
    } finally {
      await proxy.close();
      await server.stop();
    }
  },
});
