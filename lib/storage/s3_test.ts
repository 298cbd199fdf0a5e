import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { SsmdError } from "@ssmd/runtime";
import { storageContract } from "../../tests/contract/storage.ts";
import { s3ServerAvailable, startS3Server } from "../../tests/servers/s3_server.ts";
import {
  type SeaweedServer,
  seaweedServerAvailable,
  startSeaweedServer,
} from "../../tests/servers/seaweed_server.ts";
import { BUCKET, chunked, configOf, MIB, noise, openUploads, s3Test } from "./_fixtures.ts";
import { s3Storage } from "./s3.ts";

storageContract("s3", async () => {
  const server = await startS3Server({ buckets: [BUCKET] });
  return { storage: s3Storage(configOf(server)), remove: () => server.stop() };
}, { ignore: !s3ServerAvailable() });

/** Each of its tests has a bucket of its own: a server takes seconds to start. */
let seaweed: SeaweedServer | undefined;
let buckets = 0;
Deno.test.afterAll(() => seaweed?.stop());

storageContract("s3 of SeaweedFS", async () => {
  seaweed ??= await startSeaweedServer();
  const bucket = `all-${++buckets}`;
  await seaweed.makeBucket(bucket);
  const config = { ...configOf(seaweed), buckets: { raw: bucket, normalized: bucket } };
  return { storage: s3Storage(config), remove: () => Promise.resolve() };
}, { ignore: !seaweedServerAvailable() });

/** Rejects with a code and a hint, and nowhere shows a secret. */
async function refuses(promise: Promise<unknown>, code: string, secret: string): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof SsmdError, String(error));
    assert.equal(error.code, code, error.message);
    assert.notEqual(error.hint, "");
    assert.ok(!Deno.inspect(error, { depth: 10 }).includes(secret), "a secret is shown");
    return true;
  });
}

s3Test(
  "a wrong secret or key is STORAGE_UNAUTHORIZED, and neither is shown",
  async ({ open, server }) => {
    const { access_key, secret_key } = server.credentials;
    const wrong = open({ credentials: { access_key, secret_key: "planted-secret" } });
    const strange = open({ credentials: { access_key: "planted-key", secret_key } });
    for (const [storage, secret] of [[wrong, "planted-secret"], [strange, secret_key]] as const) {
      await refuses(storage.put("a", noise(10)), "STORAGE_UNAUTHORIZED", secret);
      await refuses(storage.put("a", noise(12 * MIB)), "STORAGE_UNAUTHORIZED", secret);
      await refuses(storage.get("a"), "STORAGE_UNAUTHORIZED", secret);
      await refuses(storage.head("a"), "STORAGE_UNAUTHORIZED", secret);
      await refuses(storage.delete("a"), "STORAGE_UNAUTHORIZED", secret);
      await refuses(Array.fromAsync(storage.list("")), "STORAGE_UNAUTHORIZED", secret);
    }
  },
);

s3Test(
  "a bucket that is not there is BUCKET_MISSING, also where a HEAD cannot tell",
  async ({ open, server }) => {
    const storage = open({ buckets: { raw: "none", normalized: "none" } });
    const secret = server.credentials.secret_key;
    for (const size of [10, 12 * MIB]) {
      await refuses(storage.put("a", noise(size)), "BUCKET_MISSING", secret);
    }
    await refuses(storage.get("a"), "BUCKET_MISSING", secret);
    await refuses(storage.head("a"), "BUCKET_MISSING", secret);
    await refuses(Array.fromAsync(storage.list("")), "BUCKET_MISSING", secret);
    await server.makeBucket("none");
    assert.equal(await storage.head("a"), undefined);
    await storage.put("a", noise(10));
  },
);

s3Test(
  "a server that is away is STORAGE_UNAVAILABLE and retryable; back again all goes on",
  async ({ storage, server }) => {
    await storage.put("a", noise(100));
    await server.kill();
    await assert.rejects(storage.get("a"), { code: "STORAGE_UNAVAILABLE", retryable: true });
    await server.restart();
    assert.deepEqual(await storage.get("a"), noise(100));
  },
);

s3Test("5,000 keys are listed whole and in order, over many pages", async ({ storage, server }) => {
  const keys = Array.from({ length: 5000 }, (_, n) => `p${n % 7}/k${n}`);
  // Laid into the server's folder: 5,000 puts would tell nothing more and take half a minute.
  for (let n = 0; n < 7; n++) await Deno.mkdir(`${server.dir}/${BUCKET}/p${n}`);
  for (const key of keys) Deno.writeFileSync(`${server.dir}/${BUCKET}/${key}`, noise(3));
  const listed = (await Array.fromAsync(storage.list(""))).map(({ key }) => key);
  assert.deepEqual(listed, [...keys].sort());
  const some = (await Array.fromAsync(storage.list("p3/k4"))).map(({ key }) => key);
  assert.deepEqual(some, keys.filter((key) => key.startsWith("p3/k4")).sort());
});

s3Test(
  "a put of 40 MiB goes up in parts and comes back byte by byte, whole and in ranges",
  async ({ open, server }) => {
    const storage = open({}, {});
    const bytes = noise(40 * MIB + 12_345);
    await storage.put("whole", bytes);
    await storage.put("stream", chunked(bytes));
    for (const key of ["whole", "stream"]) {
      assert.equal((await storage.head(key))?.size, bytes.length);
      assert.ok(Buffer.from(bytes).equals(await storage.get(key)), key);
      for (const [from, to] of [[8 * MIB - 3, 8 * MIB + 3], [40 * MIB, 50 * MIB]] as const) {
        assert.deepEqual(await storage.getRange(key, from, to), bytes.slice(from, to));
      }
    }
    assert.deepEqual(await openUploads(server), []);
  },
);

s3Test(
  "a producer that fails in the middle leaves the old object and no upload behind",
  async ({ storage, server }) => {
    await storage.put("a", noise(100));
    const failing = async function* () {
      yield* chunked(noise(17 * MIB, 2));
      assert.equal((await openUploads(server)).length, 1);
      throw new RangeError("the producer failed");
    };
    await assert.rejects(storage.put("a", failing()), RangeError);
    assert.deepEqual(await openUploads(server), []);
    assert.deepEqual(await storage.get("a"), noise(100));
  },
);

s3Test(
  "a streaming put holds a few parts in memory, whatever the object's size",
  async ({ open }) => {
    const storage = open({}, { partBytes: 5 * MIB, concurrency: 2 });
    const chunk = noise(MIB);
    const endless = async function* () {
      for (let n = 0; n < 160; n++) yield await Promise.resolve(chunk);
    };
    const before = Deno.memoryUsage();
    await storage.put("a", endless());
    const { external } = Deno.memoryUsage();
    // What was sent already is let go when memory is looked through, which 64 MiB bring about.
    assert.ok(external - before.external < 120 * MIB, `${external - before.external} bytes more`);
    assert.equal((await storage.head("a"))?.size, 160 * MIB);
  },
);

s3Test(
  "what only other tools make, marks of folders, is not listed",
  async ({ storage, server }) => {
    await storage.put("a/b", noise(1));
    await Deno.mkdir(`${server.dir}/${BUCKET}/empty`);
    assert.deepEqual((await Array.fromAsync(storage.list(""))).map(({ key }) => key), ["a/b"]);
  },
);

s3Test(
  "raw and normalized files lie in their own buckets, without the first part of the key",
  async ({ open, server }) => {
    await server.makeBucket("normalized-files");
    const storage = open({ buckets: { raw: BUCKET, normalized: "normalized-files" } });
    await storage.put("raw/prod/kraken/1", noise(10));
    await storage.put("normalized/prod/kraken/v1/2", noise(20));
    assert.equal((await Deno.stat(`${server.dir}/${BUCKET}/prod/kraken/1`)).size, 10);
    assert.equal((await Deno.stat(`${server.dir}/normalized-files/prod/kraken/v1/2`)).size, 20);
    const keys = async (prefix: string) =>
      (await Array.fromAsync(storage.list(prefix))).map(({ key }) => key);
    assert.deepEqual(await keys(""), ["normalized/prod/kraken/v1/2", "raw/prod/kraken/1"]);
    assert.deepEqual(await keys("raw/prod"), ["raw/prod/kraken/1"]);
    assert.deepEqual(await storage.get("raw/prod/kraken/1"), noise(10));
    await assert.rejects(storage.put("other/x", noise(1)), { code: "KEY_INVALID" });
  },
);

s3Test("buckets in the host's name work as those in the path", async ({ open, server }) => {
  const own = globalThis.fetch;
  // In place of a name server: asked as a proxy, the server sees the name that was meant.
  using client = Deno.createHttpClient({ proxy: { url: server.endpoint } });
  const hosts = new Set<string>();
  globalThis.fetch = (input, init) => {
    hosts.add(new URL(String(input)).host);
    return own(input, { ...init, client });
  };
  try {
    const storage = open({ endpoint: `http://s3.example:${server.port}`, pathStyle: false });
    const bytes = noise(11 * MIB);
    await storage.put("a b/é.bin", chunked(bytes));
    assert.ok(Buffer.from(bytes).equals(await storage.get("a b/é.bin")));
    assert.equal((await Array.fromAsync(storage.list("a b/")))[0]?.size, bytes.length);
    assert.deepEqual([...hosts], [`all.s3.example:${server.port}`]);
  } finally {
    globalThis.fetch = own;
  }
}, { virtualDomain: "s3.example" });
