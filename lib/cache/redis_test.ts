import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { cacheContract } from "../../tests/contract/cache.ts";
import {
  type RedisServer,
  redisServerAvailable,
  startRedisServer,
} from "../../tests/servers/redis_server.ts";
import type { Cache } from "./cache.ts";
import { redisCache } from "./redis.ts";

const ignore = !redisServerAvailable();
let shared: Promise<RedisServer> | undefined;
let opened = 0;

if (!ignore) Deno.test.afterAll(async () => await (await shared)?.stop());

cacheContract("redis", async () => {
  const { url } = await (shared ??= startRedisServer());
  const cache = await redisCache({ url, env: `contract-${++opened}` });
  return { cache, remove: () => Promise.resolve() };
}, { ignore });

async function withServer(
  body: (server: RedisServer) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  const server = await startRedisServer(args);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

async function untilWorking(cache: Cache): Promise<void> {
  const deadlineMs = Date.now() + 120_000;
  while (cache.problem !== "") {
    assert.ok(Date.now() < deadlineMs, cache.problem);
    await delay(20);
  }
}

Deno.test(
  "redis cache: environments on one server do not see each other",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      const [one, other] = [
        await redisCache({ url, env: "one" }),
        await redisCache({ url, env: "other" }),
      ];
      await one.set("a", "1");
      assert.equal(await other.get("a"), undefined);
      assert.equal(await one.delete("a"), 1);
      await one.close();
      await other.close();
    }),
);

Deno.test(
  "redis cache: a killed server is told at once and comes back by itself",
  { ignore },
  () =>
    withServer(async (server) => {
      const cache = await redisCache({ url: server.url, env: "test" });
      await cache.set("a", "1");
      await server.kill();
      for (let n = 0; n < 3; n++) {
        await assert.rejects(cache.get("a"), { code: "CACHE_UNAVAILABLE", retryable: true });
      }
      assert.match(cache.problem, /^redis:\/\/127\.0\.0\.1:\d+\/0 does not answer: /);
      await server.restart();
      await untilWorking(cache);
      assert.equal(await cache.get("a"), undefined);
      await cache.close();
    }),
);

Deno.test(
  "redis cache: a server that hangs holds up a call for 2 s at most",
  { ignore },
  () =>
    withServer(async (server) => {
      const cache = await redisCache({ url: server.url, env: "test" });
      server.freeze();
      await assert.rejects(cache.get("a"), { code: "CACHE_UNAVAILABLE" });
      server.thaw();
      await cache.set("a", "1");
      await cache.close();
    }),
);

Deno.test("redis cache: it opens while the server is away, and works once it is there", {
  ignore,
}, () =>
  withServer(async (server) => {
    await server.kill();
    const cache = await redisCache({ url: server.url, env: "test" });
    await assert.rejects(cache.set("a", "1"), { code: "CACHE_UNAVAILABLE" });
    await server.restart();
    await untilWorking(cache);
    await cache.set("a", "1");
    await cache.close();
  }));

Deno.test(
  "redis cache: a wrong password is told as such",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      const refused = await redisCache({ url, env: "test", credentials: { password: "wrong" } });
      await assert.rejects(refused.get("a"), { code: "CACHE_UNAUTHORIZED" });
      await refused.close();
      const cache = await redisCache({ url, env: "test", credentials: { password: "secret" } });
      await cache.set("a", "1");
      assert.equal(await cache.get("a"), "1");
      await cache.close();
    }, ["--requirepass", "secret"]),
);

Deno.test(
  "redis cache: a rotated password is read for the next connection, also when it comes late",
  { ignore },
  () =>
    withServer(async ({ port, url }) => {
      let password = "first";
      const cache = await redisCache({
        ...{ url, env: "test", credentials: { password } },
        readCredentials: () => Promise.resolve({ password }),
      });
      await cache.set("a", "1");
      const tell = async (...commands: string[]) => {
        using connection = await Deno.connect({ hostname: "127.0.0.1", port });
        for (const command of commands) {
          await connection.write(new TextEncoder().encode(`${command}\r\n`));
          await connection.read(new Uint8Array(1024));
        }
      };
      await tell("AUTH first", "CONFIG SET requirepass second", "CLIENT KILL SKIPME yes");
      const deadlineMs = Date.now() + 120_000;
      const until = async (holds: () => Promise<boolean>) => {
        while (!await holds()) {
          assert.ok(Date.now() < deadlineMs, cache.problem);
          await delay(20);
        }
      };
      await until(() =>
        cache.get("a").then(() => false, ({ code }) => code === "CACHE_UNAUTHORIZED")
      );
      password = "second";
      await until(() => cache.get("a").then((value) => value === "1", () => false));
      await cache.close();
    }, ["--requirepass", "first"]),
);
