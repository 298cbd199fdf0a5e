import assert from "node:assert/strict";
import { Health, livenessReasons, silentLogger, sleep, type SsmdError } from "@ssmd/runtime";
import { folderStorage, memoryStorage, openStorage, type Storage } from "@ssmd/storage";
import { memoryTransport, openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";
import { s3ServerAvailable, startS3Server } from "../tests/servers/s3_server.ts";
import { startUnconditionalS3 } from "../tests/servers/unconditional_s3.ts";
import { ArchiveLease } from "./archive_lease.ts";
import { archiveOf, ENV, optionsOf, publish, sequencesOf, upTo } from "./_fixtures.ts";
import { type Archiver, createArchiver } from "./mod.ts";

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-test-" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a second archiver of a folder leaves at once, and says which process holds it", () =>
  inFolder(async (dir) => {
    const [one, two] = [memoryTransport(), memoryTransport()];
    const first = createArchiver(optionsOf(one, folderStorage(dir)));
    await first.start();
    // A wait for it would outlast the test.
    const leaseWaitMs = 3_600_000;
    const second = createArchiver({ ...optionsOf(two, folderStorage(dir)), leaseWaitMs });
    await assert.rejects(second.start(), {
      code: "ARCHIVER_RUNNING",
      message: new RegExp(`process ${Deno.pid} on .* archives "${ENV}"`),
      hint: "Stop it first, or choose another folder with --data",
    });
    await second.close();
    publish(one, 0, 100);
    await first.close();
    const third = createArchiver({ ...optionsOf(two, folderStorage(dir)), leaseWaitMs: 0 });
    await third.start();
    await third.close();
    assert.deepEqual(sequencesOf((await archiveOf(folderStorage(dir))).events), upTo(100));
  }));

Deno.test("a next archiver of a folder that may wait without end takes over when the first one ends", () =>
  inFolder(async (dir) => {
    const [one, two] = [memoryTransport(), memoryTransport()];
    const first = createArchiver(optionsOf(one, folderStorage(dir)));
    await first.start();
    const options = optionsOf(two, folderStorage(dir));
    const health = new Health();
    const second = createArchiver({ ...options, leaseWaitMs: Infinity, health });
    const started = second.start();
    while (!health.failing().some(({ condition }) => condition === "lease")) await sleep(5);
    publish(one, 0, 100);
    await first.close();
    await started;
    publish(two, 100, 200);
    await second.close();
    assert.deepEqual(sequencesOf((await archiveOf(folderStorage(dir))).events), upTo(200));
  }));

Deno.test(
  "the next archiver on a bus waits, unready, until the first one ends, and goes on where it was",
  { ignore: !natsServerAvailable() },
  async () => {
    const server = await startNatsServer();
    const open = () => openTransport({ type: "nats", url: server.url }, { env: ENV });
    const [one, two] = [await open(), await open()];
    // Archives of their own would be a split: the bus alone keeps them apart here.
    const storage = memoryStorage();
    try {
      const first = createArchiver(optionsOf(one, storage));
      await first.start();
      const health = new Health();
      const second = createArchiver({ ...optionsOf(two, storage), leaseWaitMs: Infinity, health });
      const started = second.start();
      while (!health.failing().some(({ condition }) => condition === "lease")) await sleep(5);
      await publish(one, 0, 1000).flush();
      await first.close();
      await publish(two, 1000, 2000).flush();
      await started;
      await second.close();
      assert.deepEqual(sequencesOf((await archiveOf(storage)).events), upTo(2000));
    } finally {
      await one.close();
      await two.close();
      await server.stop();
    }
  },
);

Deno.test("a second archiver on a bus leaves as soon as the first one gives a sign of life", {
  ignore: !natsServerAvailable(),
}, async () => {
  const server = await startNatsServer();
  const open = () => openTransport({ type: "nats", url: server.url }, { env: ENV });
  const [one, two] = [await open(), await open()];
  const storage = memoryStorage();
  try {
    const first = createArchiver(optionsOf(one, storage));
    await first.start();
    // A wait for it would outlast the test.
    const second = createArchiver({ ...optionsOf(two, storage), leaseWaitMs: 3_600_000 });
    await assert.rejects(second.start(), {
      code: "ARCHIVER_RUNNING",
      message: new RegExp(`process ${Deno.pid} on .* archives "${ENV}"`),
      hint: "Stop the other one first; one archiver writes an environment's archive",
    });
    await second.close();
    await first.close();
  } finally {
    await one.close();
    await two.close();
    await server.stop();
  }
});

/** A storage shared by processes that takes questions and answers none before it is let. */
function silent(): { storage: Storage; answer: () => void } {
  const inner = memoryStorage();
  const answered = Promise.withResolvers<void>();
  const storage = new Proxy(inner, {
    get: (target, name) => {
      if (name === "type") return "s3";
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        await answered.promise;
        return await value.apply(target, args);
      };
    },
  });
  return { storage, answer: answered.resolve };
}

function leaseOn(storage: Storage, onAway: (error: unknown) => void): ArchiveLease {
  return new ArchiveLease({
    ...{ env: ENV, shard: "main", storage, transport: memoryTransport(), onAway },
    logger: silentLogger,
    onLost: (holder) => assert.fail(`lost to ${holder}`),
    answerMsMax: 1,
  });
}

Deno.test("a storage that cannot keep two archivers apart is refused at the start", async () => {
  const server = startUnconditionalS3();
  const buckets = { raw: "all", normalized: "all" };
  const storage = await openStorage({ type: "s3", region: "garage", buckets, ...server });
  try {
    const archiver = createArchiver({
      ...optionsOf(memoryTransport(), storage),
      leaseWaitMs: Infinity,
    });
    await assert.rejects(archiver.start(), {
      code: "STORAGE_UNSUPPORTED",
      message: /ignores If-None-Match/,
      hint: "Use a server that has conditional writes",
    });
    await archiver.close();
  } finally {
    await storage.close();
    await server.stop();
  }
});

Deno.test("a storage that never answers is told as away, and an end does not wait for it", async () => {
  const { storage, answer } = silent();
  const away = Promise.withResolvers<unknown>();
  const lease = leaseOn(storage, away.resolve);
  const held = lease.acquire(0);
  assert.equal((await away.promise as SsmdError).code, "LEASE_UNANSWERED");
  const refused = assert.rejects(held, { code: "ARCHIVER_RUNNING" });
  await lease.release();
  await refused;
  // What the late answer took is free again: the next one need not wait for the time to live.
  answer();
  const next = leaseOn(storage, () => {});
  await next.acquire(Infinity);
  assert.equal(next.problem, "");
  await next.release();
});

Deno.test("a storage that answers late gives the lease to who has waited", async () => {
  const { storage, answer } = silent();
  const lease = leaseOn(storage, answer);
  await lease.acquire(0);
  assert.deepEqual([lease.problem, lease.token], ["", 1]);
  await lease.release();
});

/** A storage whose changes can be held up, as those of a stopped process. */
function stoppable(inner: Storage): { storage: Storage; stop: () => void; go: () => void } {
  let gate = Promise.resolve();
  let open = () => {};
  const storage = new Proxy(inner, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "put" && name !== "replace") return value.bind(target);
      return async (...args: unknown[]) => {
        await gate;
        return await value.apply(target, args);
      };
    },
  });
  return {
    storage,
    stop: () => void (gate = new Promise((resolve) => open = resolve)),
    go: () => open(),
  };
}

Deno.test(
  "late writes of an archiver that was stopped are refused: each record is archived once",
  { ignore: !s3ServerAvailable() || !natsServerAvailable() },
  async () => {
    const [s3, server] = [await startS3Server({ buckets: ["all"] }), await startNatsServer()];
    const open = () => openTransport({ type: "nats", url: server.url }, { env: ENV });
    const [one, two] = [await open(), await open()];
    const { endpoint, region, credentials } = s3;
    const buckets = { raw: "all", normalized: "all" };
    const config = { type: "s3", endpoint, region, credentials, buckets, pathStyle: true } as const;
    const inner = await openStorage(config);
    const { storage, stop, go } = stoppable(await openStorage(config));
    let first: Archiver | undefined;
    const health = new Health();
    try {
      first = createArchiver({ ...optionsOf(withoutCell(one), storage), health });
      await first.start();
      await publish(one, 0, 500).flush();
      await first.flush();
      await publish(one, 500, 900).flush();
      stop();
      const flushing = first.flush().catch((error: unknown) => error);
      const second = createArchiver({ ...optionsOf(withoutCell(two), inner), leaseWaitMs: 60_000 });
      await second.start();
      await publish(two, 900, 1500).flush();
      await second.flush();
      go();
      assert.ok(await flushing instanceof Error, "the stopped one writes no manifest");
      assert.match(livenessReasons(health).join(), /^archiver: nothing is written any more: /);
      assert.equal((await first.failed).code, "ARCHIVER_SUPERSEDED");
      await first.close().catch(() => {});
      first = undefined;
      await second.close();
      const { events, manifests } = await archiveOf(inner);
      assert.deepEqual(sequencesOf(events), upTo(1500));
      assert.ok(manifests.every(({ fence }) => fence === 2));
    } finally {
      go();
      await first?.close().catch(() => {});
      await one.close();
      await two.close();
      await server.stop();
      await s3.stop();
    }
  },
);

/** A bus whose own lease is not asked for. */
function withoutCell<T extends object>(transport: T): T {
  return new Proxy(transport, {
    get: (target, name) => {
      if (name === "leaseCell") return undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
