import assert from "node:assert/strict";
import fc from "fast-check";
import { recordAndTrailer, TRAILER_BYTES, writeTrailer } from "./record_trailer.ts";

Deno.test("what is written behind a record is read again, beside the record", () => {
  const trailers = fc.record({
    type: fc.integer({ min: 0, max: 7 }),
    position: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    isState: fc.boolean(),
  });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), trailers, (record, trailer) => {
    const message = new Uint8Array(record.length + TRAILER_BYTES);
    message.set(record);
    writeTrailer(message, record.length, trailer);
    assert.deepEqual(recordAndTrailer(message), { record, trailer: { ...trailer } });
  }));
  assert.equal(recordAndTrailer(new Uint8Array(TRAILER_BYTES - 1)), undefined);
});
