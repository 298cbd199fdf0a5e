import assert from "node:assert/strict";
import fc from "fast-check";
import { CodecError } from "@ssmd/runtime/errors";
import { decode, Encoder, messageEndAt, messagesIn } from "./mod.ts";
import { anyEvent } from "./testing/records.ts";

function fileOf(parts: Uint8Array[]): Uint8Array {
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

Deno.test("messagesIn() gives the messages of a file as they were written", () => {
  const encoder = new Encoder();
  fc.assert(fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
    const found = [...messagesIn(fileOf(events.map((event) => encoder.encode(event))))];
    assert.deepEqual(found.map((bytes, i) => decode(events[i]!.type, bytes)), events);
  }));
});

Deno.test("messagesIn() gives the whole messages of a cut file, then names the byte of the rest", () => {
  const encoder = new Encoder();
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 5 }), fc.nat(), (events, cut) => {
      const parts = events.map((event) => encoder.encode(event));
      const file = fileOf(parts);
      const length = cut % file.length;
      let whole = 0;
      let offset = 0;
      while (offset + parts[whole]!.length <= length) offset += parts[whole++]!.length;
      let found = 0;
      const read = () => {
        for (const _message of messagesIn(file.subarray(0, length))) found++;
      };
      if (offset === length) read();
      else {
        assert.throws(read, (error) => {
          assert.ok(error instanceof CodecError);
          assert.equal(error.code, "CODEC_TRUNCATED");
          assert.match(error.message, new RegExp(`begins at byte ${offset} is cut off`));
          assert.deepEqual(error.context, { offset, length });
          return true;
        });
      }
      assert.equal(found, whole);
    }),
  );
});

Deno.test("messagesIn() refuses bytes that are no Cap'n Proto file", () => {
  const text = new TextEncoder().encode('{"type":"trade","symbol":"BTCUSD"}');
  assert.throws(() => [...messagesIn(text)], { name: "CodecError", code: "CODEC_MALFORMED" });
});

Deno.test("messageEndAt() counts every segment and the padding of their table", () => {
  const word = [0, 0, 0, 0, 0, 0, 0, 0];
  const two = new Uint8Array([
    1,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...word,
    ...word,
    ...word,
  ]);
  assert.equal(messageEndAt(two, 0), 40);
  const three = [2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, ...word];
  assert.equal(messageEndAt(new Uint8Array([...word, ...three]), 8), 32);
});
