import assert from "node:assert/strict";
import { compressFrame, decompressFrame, framesOf } from "./mod.ts";

Deno.test("compressing gives one frame, also where the runtime adds an empty one", () => {
  const data = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 251 ^ (i >> 8));
  const bytes = compressFrame(data);
  const { frames: [frame, ...rest], damage } = framesOf(bytes);
  assert.ok(frame);
  assert.deepEqual([rest, damage, frame.end], [[], undefined, bytes.length]);
  assert.deepEqual(new Uint8Array(decompressFrame(bytes, frame, "k")), data);
});
