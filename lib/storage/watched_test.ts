import assert from "node:assert/strict";
import { createLogger, Health, readinessReport, silentLogger, StorageError } from "@ssmd/runtime";
import { folderStorage } from "./local.ts";
import { memoryStorage } from "./memory.ts";
import { s3Storage } from "./s3.ts";
import type { Storage } from "./storage.ts";
import { TryLog, WatchedStorage } from "./watched.ts";

const BYTES = new Uint8Array([1, 2, 3]);

/** A watched storage of which a test decides how it fails. */
function watched(change: Partial<Storage>) {
  const health = new Health();
  const clock = { ms: 0 };
  const storage = new WatchedStorage(
    { ...methodsOf(memoryStorage()), ...change },
    { logger: silentLogger, health, prefix: "raw/", nowMs: () => clock.ms },
  );
  return {
    clock,
    storage,
    reasons: () => readinessReport(health).conditions.map(({ reason }) => reason),
  };
}

function methodsOf(storage: Storage): Storage {
  return {
    ...{ type: storage.type, location: storage.location },
    put: (...given) => storage.put(...given),
    get: (...given) => storage.get(...given),
    getRange: (...given) => storage.getRange(...given),
    head: (...given) => storage.head(...given),
    list: (...given) => storage.list(...given),
    delete: (...given) => storage.delete(...given),
    close: () => storage.close(),
  };
}

/** Accepts connections and reads nothing, answers nothing. */
function blackHole() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) open.push(connection);
  })();
  return {
    endpoint: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) connection.close();
      await accepting;
    },
  };
}

function s3Of(endpoint: string) {
  const buckets = { raw: "all", normalized: "all" };
  const credentials = { access_key: "a", secret_key: "b" };
  return { type: "s3" as const, endpoint, region: "us-east-1", buckets, credentials };
}

Deno.test("a watched storage does all that the storage does, its lock as well", async () => {
  const path = await Deno.makeTempDir();
  const open = (inner: Storage) =>
    new WatchedStorage(inner, { logger: silentLogger, health: new Health(), prefix: "raw/" });
  for (const inner of [folderStorage(path), memoryStorage()]) {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(inner));
    const outer = open(inner);
    for (const name of names) {
      const isThere = Reflect.get(inner, name) !== undefined;
      assert.equal(Reflect.get(outer, name) !== undefined, isThere, `${inner.type}: ${name}`);
    }
    await outer.close();
  }
  const [one, two] = [open(folderStorage(path)), open(folderStorage(path))];
  const held = await one.lock?.("archiver", "the first");
  assert.deepEqual(await two.lock?.("archiver", "the second"), { heldBy: "the first" });
  if (held !== undefined && "release" in held) held.release();
  await Promise.all([one.close(), two.close()]);
  await Deno.remove(path, { recursive: true });
});

Deno.test("a storage that refuses writes is unready until a write succeeds; reads change nothing", async () => {
  let full = true;
  const inner = memoryStorage();
  const { storage, reasons } = watched({
    ...methodsOf(inner),
    put: (key, data) => {
      if (full) throw new StorageError("STORAGE_FULL", "There is no room left.");
      return inner.put(key, data);
    },
  });
  assert.deepEqual(reasons(), []);
  await assert.rejects(storage.put("raw/a", BYTES));
  await assert.rejects(storage.get("raw/a"), { code: "NOT_FOUND" });
  await Array.fromAsync(storage.list(""));
  assert.deepEqual(reasons(), ["There is no room left."]);
  full = false;
  await storage.put("raw/a", BYTES);
  assert.deepEqual(reasons(), []);
  await storage.close();
});

Deno.test("an object that is not there is no fault of the storage", async () => {
  const { storage, reasons } = watched({});
  await assert.rejects(storage.get("raw/a"), { code: "NOT_FOUND" });
  await assert.rejects(storage.put("/", BYTES), { code: "KEY_INVALID" });
  assert.deepEqual(reasons(), []);
  await storage.close();
});

Deno.test("a storage that does not answer is unready although nobody but the watch asks", async () => {
  const silent = Promise.withResolvers<IteratorResult<never>>();
  const { storage, reasons, clock } = watched({
    list: () => ({ [Symbol.asyncIterator]: () => ({ next: () => silent.promise }) }),
  });
  clock.ms = 10_000;
  assert.deepEqual(reasons(), []);
  clock.ms = 12_000;
  assert.match(reasons()[0] ?? "", / has not answered for 12 s$/);
  silent.resolve({ done: true, value: undefined });
  await storage.close();
});

Deno.test("a long put that moves is no silence", async () => {
  const { storage, reasons, clock } = watched({});
  const found: string[] = [];
  await storage.put(
    "raw/a",
    async function* () {
      for (let piece = 0; piece < 10; piece++) {
        clock.ms += 9_000;
        found.push(...await Promise.resolve(reasons()));
        yield BYTES;
      }
    }(),
  );
  assert.deepEqual(found, []);
  await storage.close();
});

Deno.test("an S3 that accepts and never answers is told at the first failed try, and closing ends it", async () => {
  await using hole = blackHole();
  const tuning = { answerMsMax: 30, attemptsMax: 1_000_000, firstWaitMs: 1 };
  const failed = Promise.withResolvers<StorageError>();
  const storage = s3Storage(s3Of(hole.endpoint), tuning, {
    failed: (error) => failed.resolve(error),
    succeeded: () => {},
  });
  const put = assert.rejects(storage.put("a", BYTES), { code: "STORAGE_UNAVAILABLE" });
  const error = await failed.promise;
  assert.match(error.message, /no answer within 30 ms/);
  await storage.close();
  await put;
});

Deno.test("a service logs that its storage began to fail and that it answers again, once each", () => {
  const lines: string[] = [];
  const log = new TryLog(createLogger({ format: "plain", write: (line) => lines.push(line) }));
  const error = new StorageError("STORAGE_UNAVAILABLE", "The storage does not answer");
  log.succeeded();
  for (let tries = 0; tries < 3; tries++) log.failed(error);
  for (let tries = 0; tries < 3; tries++) log.succeeded();
  assert.equal(lines.length, 2);
  assert.match(
    lines[0] ?? "",
    /WARN {2}the storage failed: it is tried again .*STORAGE_UNAVAILABLE/,
  );
  assert.match(lines[1] ?? "", /INFO {2}the storage answers again/);
});
