import assert from "node:assert/strict";
import { PackedBytes } from "./packed_bytes.ts";

Deno.test("bytes are those that were appended, packed or not, up to the limit", () => {
  const bytes = new PackedBytes(4, 16);
  const expected: number[] = [];
  for (let i = 0; i < 5; i++) {
    assert.equal(bytes.append(new Uint8Array(3).fill(i)), true);
    expected.push(i, i, i);
  }
  assert.equal(bytes.append(new Uint8Array(2)), false, "17 bytes do not fit");
  assert.deepEqual([...bytes.read()], expected);
  bytes.pack();
  bytes.pack();
  assert.equal(bytes.append(new Uint8Array(1)), false, "it is packed");
  assert.deepEqual([...bytes.read()], expected);
  assert.equal(bytes.used, 15);
});
