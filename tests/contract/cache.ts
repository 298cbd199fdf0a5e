import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Cache } from "@ssmd/cache";
import { SsmdError } from "@ssmd/runtime";
import fc from "fast-check";

/** A driver on an empty store. */
export interface CacheSubject {
  cache: Cache;
  /** Removes what the driver stored outside the process. */
  remove(): Promise<void>;
}

/** Options of {@linkcode cacheContract}. */
export interface CacheContractOptions {
  /** Whether it keeps values while there is space; default true. */
  keeps?: boolean;
  ignore?: boolean;
}

type Test = (sentence: string, body: (cache: Cache) => Promise<void>) => void;

/** Registers the tests that every cache driver must pass, and those for drivers that keep values. */
export function cacheContract(
  name: string,
  open: () => Promise<CacheSubject>,
  { keeps = true, ignore = false }: CacheContractOptions = {},
): void {
  const test: Test = (sentence, body) =>
    Deno.test(`${name} cache: ${sentence}`, { ignore }, async () => {
      const { cache, remove } = await open();
      try {
        await body(cache);
      } finally {
        await cache.close();
        await remove();
      }
    });
  anyTests(test);
  if (!keeps) return;
  valueTests(test);
  numberTests(test);
  hashTests(test);
  timeTests(test);
}

function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof SsmdError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

function anyTests(test: Test): void {
  test("what was never put is not there", async (cache) => {
    assert.equal(await cache.get("a"), undefined);
    assert.deepEqual(await cache.getMany(["a", "b"]), [undefined, undefined]);
    assert.deepEqual(await cache.getMany([]), []);
    assert.equal(await cache.exists("a"), false);
    assert.equal(await cache.delete("a", "b"), 0);
    assert.equal(await cache.hashGet("h", "f"), undefined);
    assert.deepEqual(await cache.hashGetAll("h"), new Map());
    assert.equal(await cache.hashDelete("h", "f"), 0);
    assert.equal(cache.problem, "");
  });

  test("the first writer of an absent key wins, a count begins at 0", async (cache) => {
    assert.equal(await cache.setIfAbsent("lock", "me"), true);
    assert.equal(await cache.increment("count", 3), 3);
  });

  test("writing nothing is nothing", async (cache) => {
    await cache.setMany(new Map());
    await cache.setMany(new Map(), { ttlMs: 1000 });
    await cache.hashSet("h", new Map());
    assert.equal(await cache.exists("h"), false);
    assert.equal(await cache.delete(), 0);
  });

  test("an empty or endless key is refused", async (cache) => {
    for (const key of ["", "x".repeat(1025), "\ud800"]) {
      await rejectsWith("CACHE_KEY_INVALID", cache.get(key));
      await rejectsWith("CACHE_KEY_INVALID", cache.set(key, "1"));
      await rejectsWith("CACHE_KEY_INVALID", cache.getMany(["a", key]));
    }
  });

  test("after close it refuses; closing twice is harmless", async (cache) => {
    await cache.close();
    await cache.close();
    await rejectsWith("CACHE_CLOSED", cache.get("a"));
    await rejectsWith("CACHE_CLOSED", cache.set("a", "1"));
    await rejectsWith("CACHE_CLOSED", cache.hashGetAll("a"));
  });
}

function valueTests(test: Test): void {
  test("text comes back as it was given", async (cache) => {
    const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    const values = fc.dictionary(key, fc.string({ unit: "grapheme" }), { maxKeys: 20 });
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        const map = new Map(Object.entries(given));
        await cache.setMany(map);
        assert.deepEqual(await cache.getMany([...map.keys()]), [...map.values()]);
        for (const [name, value] of map) assert.equal(await cache.get(name), value);
        assert.equal(await cache.delete(...map.keys()), map.size);
        assert.deepEqual(await cache.getMany([...map.keys()]), [...map].map(() => undefined));
      }),
      { numRuns: 50 },
    );
  });

  test("a later value replaces an earlier one", async (cache) => {
    await cache.set("a", "1");
    await cache.set("a", "2");
    assert.equal(await cache.get("a"), "2");
    assert.equal(await cache.setIfAbsent("a", "3"), false);
    assert.equal(await cache.get("a"), "2");
    assert.equal(await cache.exists("a"), true);
  });

  test("of many that set an absent key at once one wins", async (cache) => {
    const won = await Promise.all(
      Array.from({ length: 50 }, (_, n) => cache.setIfAbsent("lock", String(n))),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(await cache.get("lock"), String(won.indexOf(true)));
  });
}

function numberTests(test: Test): void {
  test("increments made at once are all counted", async (cache) => {
    await Promise.all(Array.from({ length: 100 }, () => cache.increment("n")));
    assert.equal(await cache.increment("n", -30), 70);
    assert.equal(await cache.get("n"), "70");
  });

  test("what is no whole number is not counted up", async (cache) => {
    await cache.set("n", "one");
    await rejectsWith("CACHE_WRONG_TYPE", cache.increment("n"));
    assert.equal(await cache.get("n"), "one");
  });
}

function hashTests(test: Test): void {
  test("fields of a hash are written and removed one by one", async (cache) => {
    await cache.hashSet("h", new Map([["a", "1"], ["b", "2"]]));
    await cache.hashSet("h", new Map([["b", "3"], ["c", "é"]]));
    assert.equal(await cache.hashGet("h", "b"), "3");
    assert.deepEqual(
      new Map([...await cache.hashGetAll("h")].sort()),
      new Map([["a", "1"], ["b", "3"], ["c", "é"]]),
    );
    assert.equal(await cache.hashDelete("h", "a", "b", "x"), 2);
    assert.equal(await cache.exists("h"), true);
    assert.equal(await cache.hashDelete("h", "c"), 1);
    assert.equal(await cache.exists("h"), false);
  });

  test("a hash is no text, and text is no hash", async (cache) => {
    await cache.hashSet("h", new Map([["a", "1"]]));
    await cache.set("t", "1");
    await rejectsWith("CACHE_WRONG_TYPE", cache.get("h"));
    await rejectsWith("CACHE_WRONG_TYPE", cache.hashGet("t", "a"));
    await rejectsWith("CACHE_WRONG_TYPE", cache.hashGetAll("t"));
    await rejectsWith("CACHE_WRONG_TYPE", cache.hashSet("t", new Map([["a", "1"]])));
    assert.deepEqual(await cache.getMany(["h", "t"]), [undefined, "1"]);
    await cache.set("h", "text");
    assert.equal(await cache.get("h"), "text");
  });
}

function timeTests(test: Test): void {
  test("a value leaves after its time to live, and not before", async (cache) => {
    await cache.set("soon", "1", { ttlMs: 30 });
    await cache.set("later", "1", { ttlMs: 3_600_000 });
    await cache.setMany(new Map([["both", "1"]]), { ttlMs: 30 });
    assert.equal(await cache.setIfAbsent("lock", "1", { ttlMs: 30 }), true);
    await until(async () => await cache.get("soon") === undefined);
    await until(async () => await cache.get("both") === undefined);
    await until(() => cache.setIfAbsent("lock", "2"));
    assert.equal(await cache.get("later"), "1");
  });

  test("a new value has a new time to live, a sum keeps it", async (cache) => {
    await cache.set("kept", "1", { ttlMs: 30 });
    await cache.set("kept", "2");
    // A slow machine may increment after the expiry: the value then starts at 1 and never expires.
    for (let ttlMs = 60; await counted(cache, ttlMs) !== 2; ttlMs *= 2) {
      await cache.delete("counted");
    }
    await until(async () => !await cache.exists("counted"));
    assert.equal(await cache.get("kept"), "2");
  });
}

/** Returns a value with a time to live after an increment. */
async function counted(cache: Cache, ttlMs: number): Promise<number> {
  await cache.set("counted", "1", { ttlMs });
  return await cache.increment("counted");
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 120_000;
  while (!await condition()) {
    assert.ok(Date.now() < deadlineMs, "it never came about");
    await delay(5);
  }
}
