import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";
import { decode, Encoder } from "./mod.ts";
import { encodeText, withoutCapnp } from "./testing/capnp_tool.ts";
import { anyEvent } from "./testing/records.ts";
import { capnpTextOf } from "./testing/wire_values.ts";
import { SCHEMAS } from "./mod.ts";
import { cpuMsOf } from "../../tests/contract/cpu_time.ts";

/** A message of segments, each given by its words (low half first). */
function messageOf(...segments: bigint[][]): Uint8Array<ArrayBuffer> {
  const table = [segments.length - 1, ...segments.map((words) => words.length)];
  if (table.length % 2 === 1) table.push(0);
  const words = segments.flat();
  const view = new DataView(new ArrayBuffer(table.length * 4 + words.length * 8));
  table.forEach((value, i) => view.setUint32(i * 4, value, true));
  words.forEach((word, i) =>
    view.setBigUint64(table.length * 4 + i * 8, BigInt.asUintN(64, word), true)
  );
  return new Uint8Array(view.buffer);
}

const structPointer = (offset: number, dataWords: number, pointers: number): bigint =>
  BigInt.asUintN(32, BigInt(offset) << 2n) | BigInt(dataWords) << 32n | BigInt(pointers) << 48n;
const listPointer = (offset: number, size: number, length: number): bigint =>
  BigInt.asUintN(32, BigInt(offset) << 2n) | 1n | BigInt(size) << 32n | BigInt(length) << 35n;
const farPointer = (segment: number, offset: number, isDouble = false): bigint =>
  BigInt(offset) << 3n | (isDouble ? 6n : 2n) | BigInt(segment) << 32n;
/** "AB" and its NUL. */
const AB = 0x4241n;

/** Decodes, or throws CodecError; anything else is a failure. */
function outcomeOf(type: EventType, bytes: Uint8Array): MarketEvent | CodecError {
  try {
    return decode(type, bytes);
  } catch (error) {
    assert.ok(error instanceof CodecError, `${error}`);
    assert.ok(error.hint !== "" || error.code === "CODEC_OUT_OF_RANGE");
    return error;
  }
}

function refused(what: string, type: EventType, bytes: Uint8Array, message: RegExp): void {
  Deno.test(`${what} is refused`, async () => {
    const ms = await cpuMsOf(() => {
      const outcome = outcomeOf(type, bytes);
      assert.ok(outcome instanceof CodecError, JSON.stringify(outcome));
      assert.match(outcome.message, message);
    });
    assert.ok(ms < 2_000, `took ${ms} ms`);
  });
}

Deno.test("far pointers of one and of two landing pads are followed", () => {
  const bytes = messageOf(
    [farPointer(1, 0)],
    // The landing pad of the root, its symbol two segments away by two words, its feed by one.
    [structPointer(0, 0, 2), farPointer(2, 1, true), farPointer(2, 3)],
    [0n, farPointer(3, 1), listPointer(0, 2, 3), listPointer(-2, 2, 2), 0n],
    [0n, AB],
  );
  const trade = decode("trade", bytes);
  assert.equal(trade.symbol, "AB");
  assert.equal(outcomeOf("trade", bytes) instanceof CodecError, false);
});

Deno.test("a null root is a record of defaults", () => {
  const { symbol, price, side } = decode("trade", messageOf([0n]));
  assert.deepEqual({ symbol, price, side }, { symbol: "", price: 0, side: "unknown" });
  assert.equal(decode("trade", messageOf([structPointer(-1, 0, 0)])).tradeId, "");
});

const twoTexts = (first: bigint, ...rest: bigint[]) =>
  messageOf([structPointer(0, 0, 1), first, ...rest]);
const twoLists = (...words: bigint[]) => messageOf([structPointer(0, 0, 3), 0n, 0n, ...words]);

refused("an empty payload", "trade", new Uint8Array(0), /cut off/);
refused("a message without its segment", "trade", new Uint8Array(4), /cut off/);
refused("a segment of no words", "trade", messageOf([]), /no root pointer/);
refused("a root that is a list", "trade", messageOf([listPointer(0, 2, 0)]), /root is no struct/);
refused(
  "a root behind the end",
  "trade",
  messageOf([structPointer(5, 1, 0)]),
  /out of its segment/,
);
refused("a root before the start", "trade", messageOf([structPointer(-9, 1, 0)]), /out of its/);
refused(
  "a root larger than the message",
  "trade",
  messageOf([structPointer(0, 65535, 65535)]),
  /out/,
);
refused("a capability", "trade", messageOf([3n]), /capability/);
refused("a text behind the end", "trade", twoTexts(listPointer(0, 2, 9), AB), /out of its segment/);
refused("a text without NUL", "trade", twoTexts(listPointer(0, 2, 2), AB), /NUL/);
refused("a text of no bytes", "trade", twoTexts(listPointer(0, 2, 0), AB), /NUL/);
refused("a text that is no UTF-8", "trade", twoTexts(listPointer(0, 2, 3), 0xff41n), /UTF-8/);
refused(
  "a text that is a struct",
  "trade",
  twoTexts(structPointer(0, 1, 0), AB),
  /expected a text/,
);
refused("a text that is a list of words", "trade", twoTexts(listPointer(0, 5, 1), AB), /a text/);
refused("a far pointer to nowhere", "trade", messageOf([farPointer(7, 0)]), /no segment 7/);
refused(
  "a far pointer behind the end",
  "trade",
  messageOf([farPointer(0, 99)]),
  /out of its segment/,
);
refused("a far pointer to itself", "trade", messageOf([farPointer(0, 0)]), /landing pad/);
refused(
  "a circle of far pointers",
  "trade",
  messageOf([farPointer(1, 0)], [farPointer(0, 0)]),
  /landing pad leads to another/,
);
refused(
  "a double landing pad without its far pointer",
  "trade",
  messageOf([farPointer(0, 1, true), structPointer(0, 1, 0), structPointer(0, 1, 0)]),
  /double landing pad/,
);
refused("levels that are a text", "orderbook", twoLists(listPointer(0, 1, 8), AB), /list of bits/);
refused("levels that are a struct", "orderbook", twoLists(structPointer(0, 1, 0), AB), /a list/);
refused(
  "a list with a wrong tag",
  "orderbook",
  twoLists(listPointer(0, 7, 2), listPointer(1, 2, 0), 0n, 0n),
  /wrong tag/,
);
refused(
  "a list of more levels than its words hold",
  "orderbook",
  twoLists(listPointer(0, 7, 2), structPointer(2, 2, 0), 0n, 0n),
  /longer than its words/,
);
refused(
  "half a billion levels of no bytes",
  "orderbook",
  twoLists(listPointer(0, 7, 0), structPointer(536870911, 0, 0)),
  /again and again/,
);
refused(
  "half a billion voids as levels",
  "orderbook",
  twoLists(listPointer(0, 0, 536870911)),
  /again and again/,
);
refused(
  "513 segments",
  "trade",
  new Uint8Array(new Uint32Array([512, ...new Array(513).fill(0)]).buffer),
  /513 segments/,
);
refused("a message and a half", "trade", new Uint8Array([...messageOf([0n]), 0]), /1 bytes follow/);

Deno.test("the same text behind several pointers is no attack", () => {
  const bytes = messageOf([
    structPointer(0, 0, 3),
    listPointer(2, 2, 3),
    listPointer(1, 2, 3),
    listPointer(0, 2, 3),
    AB,
  ]);
  const { symbol, feed, tradeId } = decode("trade", bytes);
  assert.deepEqual([symbol, feed, tradeId], ["AB", "AB", "AB"]);
});

const anyCorruption = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });

Deno.test("damaged bytes decode to a record or are refused, and nothing else happens", () => {
  const encoder = new Encoder();
  const type = fc.constantFrom(...EVENT_TYPES);
  fc.assert(
    fc.property(anyEvent, anyCorruption, fc.nat(), type, (event, corruption, cut, other) => {
      const bytes = encoder.encode(event).slice();
      for (const [at, value] of corruption) bytes[at % bytes.length] = value;
      outcomeOf(event.type, bytes);
      outcomeOf(other, bytes);
      outcomeOf(event.type, bytes.subarray(0, cut % bytes.length));
    }),
    { numRuns: 20_000 },
  );
});

Deno.test({
  name: "damaged bytes of many segments decode to a record or are refused",
  ignore: withoutCapnp,
  fn: async () => {
    for (const event of fc.sample(anyEvent, 20)) {
      const { text, name } = SCHEMAS[event.type];
      if (/-(0\.0|inf)/.test(capnpTextOf(event))) continue;
      const whole = await encodeText(text, name, capnpTextOf(event), 1);
      fc.assert(
        fc.property(anyCorruption, (corruption) => {
          const bytes = whole.slice();
          for (const [at, value] of corruption) bytes[at % bytes.length] = value;
          outcomeOf(event.type, bytes);
        }),
        { numRuns: 500 },
      );
    }
  },
});

Deno.test("random bytes decode to a record or are refused", () => {
  const words = fc.array(fc.bigInt(0n, (1n << 64n) - 1n), { maxLength: 12 });
  const type = fc.constantFrom(...EVENT_TYPES);
  fc.assert(
    fc.property(fc.array(words, { minLength: 1, maxLength: 4 }), type, (segments, of) => {
      outcomeOf(of, messageOf(...segments));
    }),
    { numRuns: 5000 },
  );
});

Deno.test("bytes beside the message are never read", () => {
  const bytes = new Encoder().encode({
    type: "status",
    timestampUs: 1,
    receivedAtUs: 2,
    symbol: "SECRET",
    feed: "kraken",
    sequence: 3,
    state: "open",
    result: "",
    detail: "SECRET",
  });
  // The segment table says where our message ends; its pointers lead behind that.
  const short = bytes.slice();
  new DataView(short.buffer).setUint32(4, 10, true);
  const outcome = outcomeOf("status", short.subarray(0, 88));
  assert.ok(outcome instanceof CodecError);
  assert.match(outcome.message, /out of its segment/);
});
