import assert from "node:assert/strict";
import fc from "fast-check";
import type { Storage } from "@ssmd/storage";
import { SsmdError } from "@ssmd/runtime";

/** Opens a driver on an empty storage, with its cleanup. */
export interface StorageSubject {
  storage: Storage;
  /** Removes what the driver stored outside the process. */
  remove(): Promise<void>;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function keysOf(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}

function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof SsmdError, String(error));
    assert.equal(error.code, code);
    assert.notEqual(error.hint, "");
    return true;
  });
}

async function* chunksOf(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(bytesOf(text));
}

/** Registers the tests that every storage driver must pass; `ignore` when its server is missing. */
export function storageContract(
  name: string,
  open: () => Promise<StorageSubject>,
  { ignore = false }: { ignore?: boolean } = {},
): void {
  const test = (sentence: string, body: (storage: Storage) => Promise<void>) =>
    Deno.test(`${name} storage: ${sentence}`, { ignore }, async () => {
      const { storage, remove } = await open();
      try {
        await body(storage);
      } finally {
        await storage.close();
        await remove();
      }
    });

  objectTests(test);
  newObjectTests(test);
  listTests(test);
  keyTests(test);
}

type Test = (sentence: string, body: (storage: Storage) => Promise<void>) => void;

function objectTests(test: Test): void {
  test("what was put is got back, byte by byte", async (storage) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (data) => {
        await storage.put("a/object.bin", data);
        assert.deepEqual(await storage.get("a/object.bin"), data);
        assert.equal((await storage.head("a/object.bin"))?.size, data.length);
      }),
      { numRuns: 20 },
    );
  });

  test("a put of chunks makes one object", async (storage) => {
    await storage.put("a.txt", chunksOf("one ", "", "two ", "three"));
    assert.equal(textOf(await storage.get("a.txt")), "one two three");
  });

  test("a second put replaces the whole object", async (storage) => {
    await storage.put("a.txt", bytesOf("a long first text"));
    await storage.put("a.txt", bytesOf("short"));
    assert.equal(textOf(await storage.get("a.txt")), "short");
    assert.deepEqual(await keysOf(storage, ""), ["a.txt"]);
  });

  test("when the chunks fail the old object stays and no trace is left", async (storage) => {
    await storage.put("a.txt", bytesOf("old"));
    const failing = async function* () {
      yield* chunksOf("new but only ha");
      throw new RangeError("the producer failed");
    };
    await assert.rejects(storage.put("a.txt", failing()), RangeError);
    assert.equal(textOf(await storage.get("a.txt")), "old");
    assert.deepEqual(await keysOf(storage, ""), ["a.txt"]);
  });

  test("what the caller changes after put does not change the object", async (storage) => {
    const data = bytesOf("abc");
    await storage.put("a.txt", data);
    data[0] = 0;
    (await storage.get("a.txt"))[1] = 0;
    assert.equal(textOf(await storage.get("a.txt")), "abc");
  });

  test("a range is cut at the object's end", async (storage) => {
    await storage.put("a.txt", bytesOf("0123456789"));
    assert.equal(textOf(await storage.getRange("a.txt", 2, 5)), "234");
    assert.equal(textOf(await storage.getRange("a.txt", 8, 100)), "89");
    assert.equal(textOf(await storage.getRange("a.txt", 100, 200)), "");
    assert.equal(textOf(await storage.getRange("a.txt", 5, 5)), "");
    assert.equal(textOf(await storage.getRange("a.txt", 5, 2)), "");
  });

  test("an absent key is NOT_FOUND, undefined for head, and nothing to delete", async (storage) => {
    await storage.put("a/b.txt", bytesOf("x"));
    for (const key of ["c.txt", "a", "a/c.txt", "d/e/f.txt"]) {
      await rejectsWith("NOT_FOUND", storage.get(key));
      await rejectsWith("NOT_FOUND", storage.getRange(key, 0, 1));
      assert.equal(await storage.head(key), undefined);
      await storage.delete(key);
    }
    assert.deepEqual(await keysOf(storage, ""), ["a/b.txt"]);
  });

  test("head says size and time", async (storage) => {
    const before = Date.now() - 2000;
    await storage.put("a.txt", bytesOf("abc"));
    const head = await storage.head("a.txt");
    assert.equal(head?.key, "a.txt");
    assert.equal(head?.size, 3);
    assert.ok(head.modifiedAtMs >= before && head.modifiedAtMs <= Date.now() + 2000);
  });

  test("a deleted object is gone", async (storage) => {
    await storage.put("a/b.txt", bytesOf("x"));
    await storage.delete("a/b.txt");
    await rejectsWith("NOT_FOUND", storage.get("a/b.txt"));
    assert.deepEqual(await keysOf(storage, ""), []);
  });

  test("readers during many replacements see one whole version or another", async (storage) => {
    const version = (n: number) => new Uint8Array(64 * 1024).fill(n);
    await storage.put("a.bin", version(0));
    const writing = (async () => {
      for (let n = 1; n <= 20; n++) await storage.put("a.bin", version(n));
    })();
    for (let n = 0; n < 40; n++) {
      const bytes = await storage.get("a.bin");
      assert.equal(bytes.length, 64 * 1024);
      assert.ok(bytes.every((byte) => byte === bytes[0]));
    }
    await writing;
    assert.equal((await storage.get("a.bin"))[0], 20);
  });
}

function newObjectTests(test: Test): void {
  test("where it can put what is new only, one of many writers wins", async (storage) => {
    if (storage.putIfAbsent === undefined) return;
    const putIfAbsent = storage.putIfAbsent.bind(storage);
    const texts = ["one", "two", "three", "four"];
    const won = await Promise.all(texts.map((text) => putIfAbsent("a/lock", bytesOf(text))));
    assert.equal(won.filter((each) => each).length, 1);
    assert.equal(textOf(await storage.get("a/lock")), texts[won.indexOf(true)]);
    assert.equal(await putIfAbsent("a/lock", bytesOf("five")), false);
    await storage.delete("a/lock");
    assert.equal(await putIfAbsent("a/lock", bytesOf("six")), true);
    assert.deepEqual(await keysOf(storage, ""), ["a/lock"]);
    await rejectsWith("KEY_INVALID", putIfAbsent("../a", bytesOf("x")));
  });

  test("where it can replace what was seen only, no writer undoes another", async (storage) => {
    if (storage.replace === undefined) return;
    const replace = storage.replace.bind(storage);
    assert.equal(await replace("a/m", bytesOf("1"), bytesOf("0")), false);
    assert.equal(await replace("a/m", bytesOf("0"), undefined), true);
    assert.equal(await replace("a/m", bytesOf("x"), undefined), false);
    let lost = 0;
    const count = async () => {
      for (;;) {
        const seen = await storage.get("a/m");
        if (await replace("a/m", bytesOf(`${Number(textOf(seen)) + 1}`), seen)) return;
        lost++;
      }
    };
    await Promise.all(Array.from({ length: 5 }, count));
    assert.equal(textOf(await storage.get("a/m")), "5", `after ${lost} that were too late`);
    assert.deepEqual(await keysOf(storage, ""), ["a/m"]);
    await rejectsWith("KEY_INVALID", replace("../a", bytesOf("x"), undefined));
  });
}

function listTests(test: Test): void {
  test("a list is sorted by code units, whatever the folders", async (storage) => {
    const keys = ["b", "a/z", "a-b", "a.txt", "a/b/c", "a/B", "a0", "é/x", "Z", "a/b-c", "a/b.d/e"];
    for (const key of keys) await storage.put(key, bytesOf(key));
    assert.deepEqual(await keysOf(storage, ""), [...keys].sort());
    for await (const { key, size } of storage.list("")) assert.equal(size, bytesOf(key).length);
  });

  test("a prefix may end anywhere in a key", async (storage) => {
    const keys = ["raw/kalshi/1", "raw/kraken/1", "raw/kraken/2", "raw/kraken-futures/1", "rawer"];
    for (const key of keys) await storage.put(key, bytesOf("x"));
    for (
      const prefix of ["raw", "raw/", "raw/k", "raw/kraken", "raw/kraken/", "raw/kraken/2", "x"]
    ) {
      const expected = keys.filter((key) => key.startsWith(prefix)).sort();
      assert.deepEqual(await keysOf(storage, prefix), expected, prefix);
    }
  });

  test("any set of keys is listed whole and in order", async (storage) => {
    const part = fc.stringMatching(/^[a-cA-C0._\-]{1,3}$/)
      .filter((text) => text !== "." && text !== "..");
    // A leaf's name ends in "=" so that no key is a folder of another one.
    const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) =>
      `${parts.join("/")}=`
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), async (keys) => {
        const root = `round${round++}/`;
        for (const key of keys) await storage.put(root + key, bytesOf("x"));
        const expected = keys.map((key) => root + key).sort();
        assert.deepEqual(await keysOf(storage, root), expected);
      }),
      { numRuns: 15 },
    );
  });
}

function keyTests(test: Test): void {
  test("keys that not every driver could hold are refused", async (storage) => {
    const bad = ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a\0b", "a\nb", "a\\b", "\ud800"];
    for (const key of [...bad, ".tmp-x", "a/.tmp-x", "x/".repeat(600) + "x"]) {
      await rejectsWith("KEY_INVALID", storage.put(key, bytesOf("x")));
      await rejectsWith("KEY_INVALID", storage.get(key));
      await rejectsWith("KEY_INVALID", storage.getRange(key, 0, 1));
      await rejectsWith("KEY_INVALID", storage.head(key));
      await rejectsWith("KEY_INVALID", storage.delete(key));
    }
    await rejectsWith("KEY_INVALID", keysOf(storage, "../"));
    await rejectsWith("KEY_INVALID", keysOf(storage, "/etc"));
  });

  test("keys with spaces, dots and other scripts are kept as they are", async (storage) => {
    const keys = ["a b.txt", "日本/株.txt", "KXBTC-26.NOV%2E/…", ".hidden", "a..b"];
    for (const key of keys) await storage.put(key, bytesOf(key));
    assert.deepEqual(await keysOf(storage, ""), [...keys].sort());
    for (const key of keys) assert.equal(textOf(await storage.get(key)), key);
  });
}
