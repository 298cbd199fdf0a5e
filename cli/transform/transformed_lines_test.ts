import assert from "node:assert/strict";
import { compileTransform, TransformSession } from "@ssmd/transforms";
import { transformedBytes } from "./transformed_lines.ts";

const LINES = [1, 2, 3, 4, 5].map((price) =>
  JSON.stringify({ type: "trade", feed: "kraken", symbol: "BTCUSD", price, seq: price, ä: "ü" })
);

/** The lines in pieces that end within lines and within characters. */
async function* pieces(size: number): AsyncGenerator<Uint8Array, void> {
  const bytes = new TextEncoder().encode(`${LINES.join("\n")}\n`);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

Deno.test("an export has a line of each record, bytes as they are, and says which had an error", async () => {
  const text = `export default ({ price, ä }: { price: number; ä: string }) => {
    if (price === 1) return "one " + ä;
    if (price === 2) return { price };
    if (price === 3) return new Uint8Array([65, 10]);
    if (price === 4) throw new Error("four");
  };`;
  const session = await TransformSession.open(
    compileTransform({ name: "tried", language: "ts", text }),
  );
  try {
    for (const size of [1, 7, 10_000]) {
      const counts = { records: 0, skipped: 0, errors: 0 };
      const parts = await Array.fromAsync(transformedBytes(pieces(size), session, counts));
      const made = parts.map((part) => new TextDecoder().decode(part)).join("");
      const error = '{"transform_error":"Error: four","type":"trade","feed":"kraken",' +
        '"symbol":"BTCUSD","seq":4}';
      assert.equal(made, `one ü\n{"price":2}\nA\n${error}\n`);
      assert.deepEqual(counts, { records: 5, skipped: 1, errors: 1 });
    }
  } finally {
    await session.close();
  }
});
