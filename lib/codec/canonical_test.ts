import assert from "node:assert/strict";
import fc from "fast-check";
import { anyEvent } from "./testing/records.ts";
import { CanonicalMessages } from "./canonical.ts";
import { decode } from "./decoder.ts";
import { Encoder } from "./encoder.ts";

/** The message as a schema with fewer words of data wrote it. */
function withoutWords(message: Uint8Array, words: number): Uint8Array {
  const view = new DataView(message.slice().buffer);
  const dataWords = view.getUint16(12, true);
  const pointers = view.getUint16(14, true);
  const keptWords = dataWords - words;

  const bytes = new Uint8Array(view.buffer);
  const older = new Uint8Array(bytes.length - words * 8);
  older.set(bytes.subarray(0, 16 + keptWords * 8));
  older.set(bytes.subarray(16 + dataWords * 8), 16 + keptWords * 8);
  const out = new DataView(older.buffer);
  out.setUint32(4, (older.length - 8) / 8, true);
  out.setUint16(12, keptWords, true);
  assert.ok(pointers >= 2);
  return older;
}

Deno.test("a message of today's schema is canonical as it is", () => {
  const encoder = new Encoder();
  fc.assert(fc.property(anyEvent, (event) => {
    const message = encoder.encode(event);
    assert.equal(new CanonicalMessages(event.type).of(message), message);
  }));
});

Deno.test("a message of an older schema becomes that of the same record", () => {
  const encoder = new Encoder();
  fc.assert(fc.property(anyEvent, (event) => {
    const older = withoutWords(encoder.encode(event), 1);
    const record = decode(event.type, older);
    const canonical = new CanonicalMessages(event.type).of(older);
    assert.deepEqual(canonical, encoder.encode(record));
    assert.deepEqual(decode(event.type, canonical), record);
  }));
});

Deno.test("a message of a newer schema is refused: its fields would be lost", () => {
  const encoder = new Encoder();
  fc.assert(fc.property(anyEvent, (event) => {
    const newer = withoutWords(encoder.encode(event), 0);
    new DataView(newer.buffer).setUint16(12, 60, true);
    assert.throws(() => new CanonicalMessages(event.type).of(newer), {
      code: "CODEC_NEWER_SCHEMA",
    });
  }));
});
