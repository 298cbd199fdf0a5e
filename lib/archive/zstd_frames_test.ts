import assert from "node:assert/strict";
import { compressFrame, decompressFrame, framesOf } from "./mod.ts";

Deno.test("compressing gives one frame, also where the runtime adds an empty one", () => {
  const data = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 251 ^ (i >> 8));
  const bytes = compressFrame(data);
  const { frames: [frame, ...rest], corruption } = framesOf(bytes);
  assert.ok(frame);
  assert.deepEqual([rest, corruption, frame.end], [[], undefined, bytes.length]);
  assert.deepEqual(new Uint8Array(decompressFrame(bytes, frame, "k")), data);
});

Deno.test("what cannot be compressed is one frame too, at every size around the runtime's buffers", () => {
  const noise = new Uint8Array(66_000);
  for (let i = 0, state = 1; i < noise.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    noise[i] = state >>> 24;
  }
  for (let size = 65_480; size < 65_560; size++) {
    const bytes = compressFrame(noise.subarray(0, size));
    const { frames, corruption } = framesOf(bytes);
    assert.deepEqual([frames.length, corruption], [1, undefined], `${size} bytes`);
  }
});

Deno.test("a frame tells its size, so that a reader need not guess", () => {
  for (const size of [0, 1, 300, 70_000]) {
    const bytes = compressFrame(new Uint8Array(size).fill(7));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    // Single segment: the content size follows the descriptor, of 1, 2 or 4 bytes (RFC 8878, 3.1.1.1).
    const kind = view.getUint8(4) >> 6;
    assert.ok((view.getUint8(4) & 0x20) !== 0, `${size} bytes`);
    const reported =
      [view.getUint8(5), view.getUint16(5, true) + 256, view.getUint32(5, true)][kind];
    assert.equal(reported, size);
  }
});
