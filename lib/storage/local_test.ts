import assert from "node:assert/strict";
import { join } from "node:path";
import { SsmdError } from "@ssmd/runtime";
import { storageContract } from "../../tests/contract/storage.ts";
import { storageErrorOf } from "./errors.ts";
import { folderStorage } from "./local.ts";

storageContract("folder", async () => {
  const path = await Deno.makeTempDir();
  return {
    storage: folderStorage(join(path, "data")),
    remove: () => Deno.remove(path, { recursive: true }),
  };
});

const HOUR_MS = 60 * 60 * 1000;

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await body(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

async function put(path: string, key: string): Promise<void> {
  const storage = folderStorage(path);
  await storage.put(key, new Uint8Array([1]));
  await storage.close();
}

Deno.test("what a killed writer left is neither listed nor kept longer than an hour", () =>
  inFolder(async (path) => {
    await put(path, "a/b/object");
    const old = join(path, "a/b/.tmp-1-old");
    const young = join(path, "a/.tmp-2-young");
    await Deno.writeTextFile(old, "half an obj");
    await Deno.writeTextFile(young, "half an obj");
    await Deno.utime(old, new Date(), new Date(Date.now() - 2 * HOUR_MS));

    const reader = folderStorage(path);
    assert.deepEqual(
      (await Array.fromAsync(reader.list(""))).map(({ key }) => key),
      ["a/b/object"],
    );
    await reader.close();
    assert.ok(await Deno.stat(old), "a reader removes nothing");

    await put(path, "a/c");
    await assert.rejects(Deno.stat(old), Deno.errors.NotFound);
    assert.ok(await Deno.stat(young));
  }));

Deno.test("a clock far ahead of the file system's makes no file old that is being written", () =>
  inFolder(async (path) => {
    await put(path, "a/object");
    const young = join(path, "a/.tmp-2-young");
    await Deno.writeTextFile(young, "half an obj");
    const { now } = Date;
    Date.now = () => now() + 5 * HOUR_MS;
    try {
      await put(path, "a/c");
    } finally {
      Date.now = now;
    }
    assert.ok(await Deno.stat(young));
  }));

Deno.test("a put leaves nothing but the object", () =>
  inFolder(async (path) => {
    await put(path, "a/object");
    assert.deepEqual((await Array.fromAsync(Deno.readDir(join(path, "a")))).map((e) => e.name), [
      "object",
    ]);
  }));

Deno.test("a reader opened on the object keeps the version it began with", () =>
  inFolder(async (path) => {
    await put(path, "object");
    using file = await Deno.open(join(path, "object"));
    const storage = folderStorage(path);
    await storage.put("object", new Uint8Array([2]));
    const first = new Uint8Array(1);
    await file.read(first);
    assert.equal(first[0], 1);
    await storage.close();
  }));

Deno.test("writers that need the same new folders make them together", () =>
  inFolder(async (path) => {
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 8 }, (_, i) => `${round}/a/b/c/d/${i % 2}/e/${i}`);
      await Promise.all(keys.map((key) => put(path, key)));
    }
  }));

Deno.test("a key below another object's key is refused as a conflict", () =>
  inFolder(async (path) => {
    await put(path, "a");
    await assert.rejects(put(path, "a/b"), { code: "KEY_CONFLICT" });
    await put(path, "c/d");
    await assert.rejects(put(path, "c"), { code: "KEY_CONFLICT" });
  }));

Deno.test("a folder that cannot be written is STORAGE_READ_ONLY, with a hint", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  // The kernel's own folder refuses even root.
  const storage = folderStorage("/sys/ssmd");
  const error = await storage.put("a", new Uint8Array(1)).catch((error: unknown) => error);
  await storage.close();
  assert.ok(error instanceof SsmdError);
  assert.equal(error.code, "STORAGE_READ_ONLY");
  assert.match(error.hint, /mounted writable/);
});

Deno.test("a folder that the system does not allow to be made is an error, not a loop", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const storage = folderStorage("/proc/ssmd/deep");
  await assert.rejects(storage.put("a", new Uint8Array(1)), { code: "STORAGE_FAILED" });
  await storage.close();
});

Deno.test("a full disk is STORAGE_FULL, with a hint", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const cause = await Deno.writeFile("/dev/full", new Uint8Array(10)).catch((e: unknown) => e);
  const error = storageErrorOf(cause, "a/key", "/srv/data");
  assert.equal(error.code, "STORAGE_FULL");
  assert.equal(error.context.systemCode, "ENOSPC");
  assert.match(error.message, /no room left.*a\/key.*\/srv\/data/);
  assert.notEqual(error.hint, "");
});
