import assert from "node:assert/strict";
import { decodeAt, Encoder } from "@ssmd/codec";
import type { MarketEvent, Watermark } from "@ssmd/market";
import { marketWalk } from "../check/market_walk.ts";
import { BatchWriter, readBatch } from "./frames.ts";

const RECORDS = marketWalk({ count: 5000, seed: 3 });

/** Of a frame, whose head has five bytes. */
function entriesOf(frame: Uint8Array): { position: number; entries: (MarketEvent | Watermark)[] } {
  const entries: (MarketEvent | Watermark)[] = [];
  const body = frame.subarray(5);
  const position = readBatch(body, {
    record: (type, start, end) => entries.push(decodeAt(type, body, start, end)),
    watermark: (watermark) => entries.push(watermark),
  });
  return { position, entries };
}

Deno.test("a batch gives back its records and watermarks in order, however large it grows", () => {
  const writer = new BatchWriter();
  for (const count of [3, 5000, 0, 40]) {
    const records = RECORDS.slice(0, count);
    for (const record of records) writer.add(record);
    writer.addWatermark({ feed: "kraken", timeUs: 1234 });
    assert.equal(writer.records, count);
    const { position, entries } = entriesOf(writer.finish(count));
    assert.equal(position, count);
    assert.deepEqual(entries, [...records, { feed: "kraken", timeUs: 1234 }]);
  }
});

Deno.test("records and their messages make the same batch", () => {
  const [made, given] = [new BatchWriter(), new BatchWriter()];
  const encoder = new Encoder();
  for (const record of RECORDS) {
    made.add(record);
    given.addRecord(record.type, encoder.encode(record));
  }
  assert.deepEqual(made.finish(7), given.finish(7));
});

Deno.test("a batch that was given away is never written again", () => {
  const writer = new BatchWriter();
  for (const record of RECORDS) writer.add(record);
  const body = writer.finish(1);
  const before = body.slice();
  for (const record of RECORDS.toReversed()) writer.add(record);
  writer.finish(2);
  assert.deepEqual(body, before);
});

Deno.test("a batch that is cut off is refused", () => {
  const writer = new BatchWriter();
  for (const record of RECORDS.slice(0, 3)) writer.add(record);
  const body = writer.finish(1);
  assert.throws(() => entriesOf(body.subarray(0, body.length - 1)), /cut off/);
});

Deno.test("a batch in the memory of one that was given back is as any other", () => {
  const [writer, other] = [new BatchWriter(), new BatchWriter()];
  for (let i = 0; i < 3; i++) {
    for (const each of [writer, other]) {
      for (const record of RECORDS.slice(i)) each.add(record);
    }
    const frame = writer.finish(i);
    assert.deepEqual(frame, other.finish(i));
    writer.giveBack(frame);
    assert.ok(frame.every((byte) => byte === 0));
  }
});
