import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { SsmdError } from "@ssmd/runtime";
import type { Fault, ProxiedRequest } from "../../tests/servers/fault_proxy.ts";
import { removeStaleUploads } from "./s3_upload.ts";
import {
  BUCKET,
  chunked,
  connectionOf,
  MIB,
  noise,
  openUploads,
  QUICK,
  type S3FaultRig,
  s3FaultTest,
} from "./_fixtures.ts";

const FAULTS = ["busy", "silence", "reset", "cutRequest", "cutAnswer", "loseAnswer"] as const;
/** Does not wait long for what never comes, and has tries left for what a busy machine makes late. */
const HASTY = { ...QUICK, requestMsMax: 1_000, attemptsMax: 12 };

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}

/** Each request matching fails once in that way, then passes. */
function onceEach(fault: Fault, matches: (request: ProxiedRequest) => boolean = () => true) {
  const seen = new Set<string>();
  return (request: ProxiedRequest): Fault => {
    const name = `${request.method} ${request.path}`;
    if (seen.has(name) || !matches(request)) return "pass";
    seen.add(name);
    return fault;
  };
}

for (const fault of FAULTS) {
  s3FaultTest(`every action survives a fault of each request: ${fault}`, async (rig) => {
    const { proxy, through, storage, server } = rig;
    proxy.plan = onceEach(fault);
    const large = noise(11 * MIB, 3);
    await through.put("small", noise(5000));
    await through.put("stream", chunked(large));
    assert.ok(isSame(await storage.get("small"), noise(5000)));
    assert.ok(isSame(await storage.get("stream"), large));
    proxy.plan = onceEach(fault);
    assert.ok(isSame(await through.get("stream"), large));
    assert.deepEqual(
      await through.getRange("stream", 9 * MIB, 9 * MIB + 9),
      large.slice(9 * MIB, 9 * MIB + 9),
    );
    assert.equal((await through.head("small"))?.size, 5000);
    assert.equal((await Array.fromAsync(through.list(""))).length, 2);
    await through.delete("small");
    assert.equal(await storage.head("small"), undefined);
    assert.deepEqual(await openUploads(server), []);
  }, HASTY);
}

s3FaultTest(
  "uploads of killed writers go: of an object that is written again, and by their age",
  async (rig) => {
    const { proxy, through, server } = rig;
    const { client, close } = connectionOf(server);
    const begin = (Key: string) =>
      client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    await begin("again");
    await begin("other");
    proxy.plan = onceEach("busy", ({ path }) => /upload/.test(path));
    await through.put("again", chunked(noise(11 * MIB)));
    assert.equal((await openUploads(server)).length, 1);
    const object = { key: "", bucket: BUCKET, endpoint: server.endpoint, region: server.region };
    assert.equal(await removeStaleUploads({ client, object }, Date.now() - 60_000), 0);
    assert.equal(await removeStaleUploads({ client, object }, Date.now() + 60_000), 1);
    assert.deepEqual(await openUploads(server), []);
    close();
  },
);

for (const fault of FAULTS) {
  s3FaultTest(
    `when every request fails the error is told in time and nothing half is there: ${fault}`,
    async (rig) => {
      const { proxy, through, storage } = rig;
      await storage.put("small", noise(100));
      proxy.plan = () => fault;
      const refused = (error: unknown) => {
        assert.ok(error instanceof SsmdError);
        assert.equal(error.code, "STORAGE_UNAVAILABLE", error.message);
        assert.ok(error.retryable);
        assert.match(error.message, /"(small|large)?" in s3:\/\/all at http:\/\/127/);
        return true;
      };
      await assert.rejects(through.put("small", noise(5000)), refused);
      await assert.rejects(through.put("large", chunked(noise(11 * MIB))), refused);
      await assert.rejects(through.get("small"), refused);
      await assert.rejects(through.head("small"), refused);
      await assert.rejects(Array.fromAsync(through.list("")), refused);
      const small = await storage.get("small");
      assert.ok(isSame(small, noise(100)) || isSame(small, noise(5000)));
      assert.equal(await storage.head("large"), undefined);
    },
    { ...QUICK, requestMsMax: 300 },
  );
}

s3FaultTest("an upload that cannot go on is removed again", async ({ proxy, through, server }) => {
  proxy.plan = ({ path }) => /partNumber=2/.test(path) ? "cutRequest" : "pass";
  await assert.rejects(through.put("a", chunked(noise(24 * MIB))), { code: "STORAGE_UNAVAILABLE" });
  assert.deepEqual(await openUploads(server), []);
  assert.ok(
    proxy.requests.some(({ method, path }) => method === "DELETE" && /uploadId/.test(path)),
  );
});

s3FaultTest(
  "a lost answer to the completion is no failure: the object is looked at",
  async ({ proxy, through, storage }) => {
    let lost = 0;
    proxy.plan = ({ method, path }) =>
      method === "POST" && /uploadId/.test(path) && lost++ < 1 ? "loseAnswer" : "pass";
    const bytes = noise(11 * MIB, 5);
    await through.put("a", chunked(bytes));
    assert.ok(lost > 1);
    assert.ok(isSame(await storage.get("a"), bytes));
  },
);

s3FaultTest(
  "a lost answer to a put of what is new is still known as ours",
  async ({ proxy, through }) => {
    assert.equal(await through.putIfAbsent?.("first", noise(5)), true);
    proxy.plan = onceEach("loseAnswer", ({ method }) => method === "PUT");
    assert.equal(await through.putIfAbsent?.("second", noise(5)), true);
    assert.equal(await through.putIfAbsent?.("second", noise(5)), false);
  },
);

s3FaultTest(
  "faults by chance: a put lands whole or fails with the old object as it was",
  async (rig) => {
    const chance = fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.constant("pass" as Fault) }, fc.constantFrom(...FAULTS)),
      { minLength: 40, maxLength: 40 },
    );
    await fc.assert(fc.asyncProperty(chance, (faults) => landsWholeOrFails(rig, faults)), {
      numRuns: 12,
    });
  },
  { ...QUICK, attemptsMax: 2, requestMsMax: 300 },
);

let round = 0;

async function landsWholeOrFails(
  { proxy, through, storage, server }: S3FaultRig,
  faults: Fault[],
): Promise<void> {
  let at = 0;
  proxy.plan = () => faults[at++] ?? "pass";
  for (const size of [3000, 11 * MIB]) {
    const before = noise(2000, ++round);
    const after = noise(size, ++round);
    await storage.put("a", before);
    const done = await through.put("a", size > MIB ? chunked(after) : after).then(
      () => true,
      () => false,
    );
    const found = await storage.get("a");
    assert.ok(isSame(found, after) || (!done && isSame(found, before)), `done: ${done}`);
  }
  await Deno.remove(`${server.dir}/all/.sgwtmp`, { recursive: true }).catch(() => {});
}
