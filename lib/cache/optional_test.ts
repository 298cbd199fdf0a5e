import assert from "node:assert/strict";
import { createLogger, Health, readinessReport } from "@ssmd/runtime";
import { cacheContract } from "../../tests/contract/cache.ts";
import { redisServerAvailable, startRedisServer } from "../../tests/servers/redis_server.ts";
import { memoryCache } from "./memory.ts";
import { openServiceCache } from "./open.ts";
import { OptionalCache } from "./optional.ts";

const silent = { logger: createLogger({ write: () => {} }) };

cacheContract("optional", () =>
  Promise.resolve({
    cache: new OptionalCache(memoryCache(), { ...silent, health: new Health() }),
    remove: () => Promise.resolve(),
  }));

Deno.test(
  "a service goes on without its Redis, says so, and uses it again when it is back",
  { ignore: !redisServerAvailable() },
  async () => {
    const server = await startRedisServer();
    const lines: string[] = [];
    const health = new Health();
    const logger = createLogger({ write: (line) => lines.push(line) });
    const config = { type: "redis", url: server.url } as const;
    const cache = await openServiceCache(config, { env: "test", logger, health });
    await cache.set("a", "1");
    assert.equal(await cache.get("a"), "1");
    assert.deepEqual(health.failing(), []);

    await server.kill();
    assert.equal(await cache.get("a"), undefined);
    assert.deepEqual(await cache.getMany(["a", "b"]), [undefined, undefined]);
    assert.equal(await cache.setIfAbsent("lock", "1"), true);
    await cache.set("a", "2");
    const [condition] = health.failing();
    assert.equal(condition?.condition, "cache");
    assert.equal(readinessReport(health).ready, true);
    assert.match(condition?.reason ?? "", /redis:.*(ended|does not answer)/);
    assert.equal(lines.filter((line) => line.includes("the cache is away")).length, 1);

    await server.restart();
    const deadlineMs = Date.now() + 120_000;
    while (health.failing().length > 0 && Date.now() < deadlineMs) {
      await cache.set("a", "3");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(health.failing(), []);
    assert.equal(await cache.get("a"), "3");
    assert.equal(lines.filter((line) => line.includes("answers again")).length, 1);
    await cache.close();
    await server.stop();
  },
);
