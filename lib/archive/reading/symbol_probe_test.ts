import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import { MIDNIGHT_US, record } from "./_fixtures.ts";
import { SymbolProbe } from "./symbol_probe.ts";

const encoder = new Encoder();

Deno.test("a message is passed over when its symbol is another one, and only then", () => {
  const symbol = fc.oneof(fc.string({ maxLength: 9 }), fc.constantFrom("BTCUSD", "KX-26.99", "é"));
  fc.assert(fc.property(
    fc.constantFrom(...EVENT_TYPES),
    symbol,
    fc.array(symbol, { minLength: 1, maxLength: 4 }),
    (type, own, wanted) => {
      const message = encoder.encode(record(type, own, MIDNIGHT_US, 7));
      const bytes = new Uint8Array([...message, ...message]);
      const probe = SymbolProbe.of(new Set(wanted));
      // A text that is no Unicode cannot be told apart by its bytes.
      const isWanted = wanted.some((each) => each.toWellFormed() === own.toWellFormed());
      const isOther = probe?.isOther(bytes, message.length, bytes.length);
      // An empty text is not written at all: the reader of messages looks at it.
      assert.equal(isOther, own !== "" && !isWanted);
    },
  ));
});

Deno.test("bytes that are no message of one segment are left to the reader of messages", () => {
  const probe = SymbolProbe.of(new Set(["BTCUSD"]));
  const message = encoder.encode(record("trade", "ETHUSD", MIDNIGHT_US, 7)).slice();
  assert.equal(probe?.isOther(message, 0, message.length), true);
  const twoSegments = message.slice();
  twoSegments[0] = 1;
  assert.equal(probe.isOther(twoSegments, 0, message.length), false);
  assert.equal(probe.isOther(message, 0, 20), false);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    probe.isOther(bytes, 0, bytes.length);
  }));
  assert.equal(SymbolProbe.of(undefined), undefined);
});
