import assert from "node:assert/strict";
import type { KeyValueChange, KeyValueStore, Transport } from "@ssmd/transport";
import fc from "fast-check";

const UTF8 = new TextEncoder();
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

/** A change as text. */
function shown({ key, value }: { key: string; value: Uint8Array | undefined }): string {
  return `${key}=${textOf(value) ?? "deleted"}`;
}

/** Collects the changes of a watch. */
export class WatchedChanges {
  readonly changes: KeyValueChange[] = [];
  current = 0;

  readonly take = (change: KeyValueChange): void => void this.changes.push(change);
  readonly isCurrent = (): void => void this.current++;

  /** Changes as `key=value`. */
  get shown(): string[] {
    return this.changes.map(shown);
  }

  /** Resolves when the condition holds; rejects after a generous timeout. */
  async until(condition: () => boolean): Promise<void> {
    const deadlineMs = Date.now() + 120_000;
    while (!condition()) {
      assert.ok(Date.now() < deadlineMs, `only ${this.shown.join()} came`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

type TransportTest = (
  sentence: string,
  body: (subject: { transport: Transport }) => Promise<void>,
) => void;

/** Registers the tests of a transport's key-value stores. */
export function keyValueTests(transportTest: TransportTest): void {
  const test = (sentence: string, body: (store: KeyValueStore) => Promise<void>) =>
    transportTest(`key-value: ${sentence}`, async ({ transport }) => {
      await body(await transport.keyValue("settings"));
    });
  valueTests(test);
  watchTests(test);
  transportTest("key-value: stores of two names are two stores", async ({ transport }) => {
    const [one, other] = [await transport.keyValue("one"), await transport.keyValue("other")];
    await one.put("a", UTF8.encode("1"));
    assert.equal(await other.get("a"), undefined);
    assert.equal(textOf((await (await transport.keyValue("one")).get("a"))?.value), "1");
    await assert.rejects(transport.keyValue("No name"), { code: "KEY_INVALID" });
  });
}

type Test = (sentence: string, body: (store: KeyValueStore) => Promise<void>) => void;

function valueTests(test: Test): void {
  test("what was put is there until it is deleted", async (store) => {
    assert.equal(await store.get("a"), undefined);
    const first = await store.put("a", UTF8.encode("1"));
    const second = await store.put("a", UTF8.encode("2"));
    assert.ok(second > first && first > 0);
    const entry = await store.get("a");
    assert.deepEqual([textOf(entry?.value), entry?.revision], ["2", second]);
    await store.delete("a");
    await store.delete("never");
    assert.equal(await store.get("a"), undefined);
    assert.deepEqual(await store.entries(), []);
  });

  test("only who saw the newest value replaces it", async (store) => {
    const first = await store.compareAndSet("a", UTF8.encode("1"), 0);
    assert.ok(first !== undefined);
    assert.equal(await store.compareAndSet("a", UTF8.encode("x"), 0), undefined);
    const second = await store.compareAndSet("a", UTF8.encode("2"), first);
    assert.ok(second !== undefined && second > first);
    assert.equal(await store.compareAndSet("a", UTF8.encode("x"), first), undefined);
    assert.equal(textOf((await store.get("a"))?.value), "2");
    await store.delete("a");
    assert.equal(await store.compareAndSet("a", UTF8.encode("x"), second), undefined);
    assert.ok(await store.compareAndSet("a", UTF8.encode("3"), 0));
    assert.equal(textOf((await store.get("a"))?.value), "3");
  });

  test("of many that write a key at once one wins each round", async (store) => {
    await store.put("n", UTF8.encode("0"));
    const count = async () => {
      for (;;) {
        const entry = await store.get("n");
        const next = UTF8.encode(String(Number(textOf(entry?.value)) + 1));
        if (await store.compareAndSet("n", next, entry?.revision ?? 0) !== undefined) return;
      }
    };
    await Promise.all(Array.from({ length: 20 }, count));
    assert.equal(textOf((await store.get("n"))?.value), "20");
  });

  test("any bytes come back, sorted by key", async (store) => {
    const token = fc.stringMatching(/^[\w\-/=]{1,12}$/);
    const key = fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join("."));
    const expected = new Map<string, Uint8Array>();
    await fc.assert(
      fc.asyncProperty(key, fc.uint8Array({ maxLength: 50 }), async (name, value) => {
        expected.set(name, value);
        await store.put(name, value);
      }),
      { numRuns: 40 },
    );
    const entries = await store.entries();
    assert.deepEqual(entries.map((entry) => entry.key), [...expected.keys()].sort());
    for (const { key, value } of entries) assert.deepEqual(value, expected.get(key));
  });

  test("a key that is no tokens with dots is refused", async (store) => {
    for (const key of ["", ".", "a.", ".a", "a..b", "a b", "a*", ">", "é", "x".repeat(513)]) {
      await assert.rejects(store.get(key), { code: "KEY_INVALID" }, key);
      await assert.rejects(store.put(key, new Uint8Array()), { code: "KEY_INVALID" }, key);
    }
  });
}

function watchTests(test: Test): void {
  test("a watch tells what there is, that it is all, and each change", async (store) => {
    await store.put("b", UTF8.encode("1"));
    await store.put("a", UTF8.encode("1"));
    await store.put("gone", UTF8.encode("1"));
    await store.delete("gone");
    await store.put("b", UTF8.encode("2"));
    const watched = new WatchedChanges();
    const watch = await store.watch(watched.take, watched.isCurrent);
    await watched.until(() => watched.current === 1);
    assert.deepEqual(watched.shown.sort(), ["a=1", "b=2"]);
    await store.put("c", UTF8.encode("1"));
    await store.delete("a");
    await store.put("b", UTF8.encode("3"));
    await watched.until(() => watched.changes.length === 5);
    assert.deepEqual(watched.shown.slice(2), ["c=1", "a=deleted", "b=3"]);
    const revisions = watched.changes.slice(2).map(({ revision }) => revision);
    assert.deepEqual(revisions, [...revisions].sort((x, y) => x - y));
    watch.unsubscribe();
    await store.put("d", UTF8.encode("1"));
    assert.equal((await store.get("d"))?.key, "d");
    assert.deepEqual([watched.changes.length, watched.current], [5, 1]);
  });

  test("a watch of an empty store is current at once", async (store) => {
    const watched = new WatchedChanges();
    const watch = await store.watch(watched.take, watched.isCurrent);
    await watched.until(() => watched.current === 1);
    await store.put("a", UTF8.encode("1"));
    await watched.until(() => watched.changes.length === 1);
    assert.deepEqual(watched.shown, ["a=1"]);
    watch.unsubscribe();
  });
}
