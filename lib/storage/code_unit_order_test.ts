import assert from "node:assert/strict";
import fc from "fast-check";
import { inCodeUnitOrder, type ServerOrder } from "./code_unit_order.ts";

const UTF8 = new TextEncoder();

/** As S3 lists. */
function byBytes(a: string, b: string): number {
  const [left, right] = [UTF8.encode(a), UTF8.encode(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** As SeaweedFS lists: folder by folder, each by the bytes of its names. */
function byFolders(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = byBytes(left[at] as string, right[at] as string);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const SORTED = { bytes: byBytes, folders: byFolders } as const;

async function ordered(keys: string[], order: ServerOrder, prefix = ""): Promise<string[]> {
  const listed = async function* () {
    for (const key of keys.toSorted(SORTED[order])) yield await Promise.resolve({ key });
  };
  return (await Array.fromAsync(inCodeUnitOrder(listed(), { order, prefix }))).map(({ key }) =>
    key
  );
}

const CHARACTERS = ["a", "b", "-", ".", " ", "0", "é", "日", "\ue000", "ﬀ", "￮", "😀", "𝒳"];

Deno.test("any list in the order of bytes comes out in the order of code units", async () => {
  const key = fc.array(fc.constantFrom("/", ...CHARACTERS), { maxLength: 5 })
    .map((parts) => parts.join(""));
  await fc.assert(fc.asyncProperty(fc.uniqueArray(key, { maxLength: 30 }), async (keys) => {
    assert.deepEqual(await ordered(keys, "bytes"), keys.toSorted());
  }));
});

Deno.test("any list folder by folder comes out so too, below any prefix", async () => {
  const name = fc.array(fc.constantFrom(...CHARACTERS), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(""));
  // A leaf's name ends in "=" so that no key is a folder of another one.
  const key = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `${names.join("/")}=`);
  const keys = fc.uniqueArray(key, { maxLength: 40 });
  await fc.assert(fc.asyncProperty(keys, fc.nat(3), async (keys, length) => {
    assert.deepEqual(await ordered(keys, "folders"), keys.toSorted());
    const prefix = keys[0]?.slice(0, length) ?? "";
    const below = keys.filter((each) => each.startsWith(prefix));
    for (const order of ["folders", "bytes"] as const) {
      assert.deepEqual(await ordered(below, order, prefix), below.toSorted());
    }
  }));
});

Deno.test("what is sorted by bytes comes out right where folders are expected", async () => {
  const name = fc.constantFrom("a", "a-b", "a.b", "a b", "b", "é", "a\ue000");
  const key = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `${names.join("/")}=`);
  await fc.assert(fc.asyncProperty(fc.uniqueArray(key, { maxLength: 40 }), async (keys) => {
    const listed = async function* () {
      for (const key of keys.toSorted(byBytes)) yield await Promise.resolve({ key });
    };
    const order = { order: "folders", prefix: "" } as const;
    const found = await Array.fromAsync(inCodeUnitOrder(listed(), order));
    assert.deepEqual(found.map(({ key }) => key), keys.toSorted());
  }));
});

Deno.test("plain keys are passed on one by one, and no more are asked for", async () => {
  for (const order of ["bytes", "folders"] as const) {
    let requested = 0;
    const endless = async function* () {
      for (;;) yield await Promise.resolve({ key: `a/k${requested++}` });
    };
    for await (const { key } of inCodeUnitOrder(endless(), { order, prefix: "a/" })) {
      assert.equal(key, `a/k${requested - 1}`);
      if (requested === 10) break;
    }
  }
});
