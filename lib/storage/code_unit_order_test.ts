import assert from "node:assert/strict";
import fc from "fast-check";
import { inCodeUnitOrder } from "./code_unit_order.ts";

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

async function ordered(keys: string[]): Promise<string[]> {
  const listed = async function* () {
    for (const key of keys.toSorted(byBytes)) yield await Promise.resolve({ key });
  };
  return (await Array.fromAsync(inCodeUnitOrder(listed()))).map(({ key }) => key);
}

Deno.test("any list in the order of bytes comes out in the order of code units", async () => {
  const character = fc.constantFrom("a", "/", "é", "日", "\ue000", "ﬀ", "￮", "😀", "𝒳");
  const key = fc.array(character, { maxLength: 5 }).map((parts) => parts.join(""));
  await fc.assert(fc.asyncProperty(fc.uniqueArray(key, { maxLength: 30 }), async (keys) => {
    assert.deepEqual(await ordered(keys), keys.toSorted());
  }));
});

Deno.test("plain keys are passed on one by one, and no more are asked for", async () => {
  let requested = 0;
  const endless = async function* () {
    for (;;) yield await Promise.resolve({ key: `k${requested++}` });
  };
  for await (const { key } of inCodeUnitOrder(endless())) {
    assert.equal(key, `k${requested - 1}`);
    if (requested === 10) break;
  }
});
