import assert from "node:assert/strict";
import fc from "fast-check";
import { partsOf } from "./s3_parts.ts";

async function partsIn(data: Uint8Array | AsyncIterable<Uint8Array>, partBytes: number) {
  const { parts } = partsOf(data, partBytes);
  return await Array.fromAsync({ [Symbol.asyncIterator]: () => parts });
}

Deno.test("whatever the chunks, all parts but the last are of the size and together they are the bytes", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 12 });
  await fc.assert(fc.asyncProperty(chunks, fc.integer({ min: 1, max: 20 }), async (given, size) => {
    const bytes = Uint8Array.from(given.flatMap((chunk) => [...chunk]));
    const reused = new Uint8Array(30);
    const source = async function* () {
      for (const chunk of given) {
        // A producer may fill one buffer again and again.
        reused.fill(0xee);
        reused.set(chunk);
        yield await Promise.resolve(reused.subarray(0, chunk.length));
      }
    };
    for (const data of [bytes, source()]) {
      const parts = await partsIn(data, size);
      assert.deepEqual(Uint8Array.from(parts.flatMap((part) => [...part])), bytes);
      assert.ok(parts.slice(0, -1).every((part) => part.length === size));
      assert.equal(parts.length, Math.max(1, Math.ceil(bytes.length / size)));
    }
  }));
});

Deno.test("a producer is ended when its parts are no longer wanted, and its failure is known as its own", async () => {
  let ended = false;
  const source = async function* () {
    try {
      for (;;) yield await Promise.resolve(new Uint8Array(10));
    } finally {
      ended = true;
    }
  };
  const { parts } = partsOf(source(), 15);
  await parts.next();
  await parts.return?.();
  assert.ok(ended);
  const failing = async function* () {
    yield await Promise.resolve(new Uint8Array(10));
    throw new RangeError("no more");
  };
  const failed = partsOf(failing(), 15);
  await assert.rejects(failed.parts.next(), RangeError);
  assert.ok(failed.failure()?.error instanceof RangeError);
});
