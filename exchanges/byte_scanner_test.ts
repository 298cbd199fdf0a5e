import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { usOfIso } from "@ssmd/runtime";
import { ByteScanner } from "./byte_scanner.ts";
import { literal, LITERAL_MAX } from "./literal.ts";

function on(text: string): ByteScanner {
  const scanner = new ByteScanner();
  scanner.begin(Buffer.from(text));
  return scanner;
}

Deno.test("a decimal has the double that JSON.parse gives, and its steps", () => {
  const anyDigits = fc.oneof(fc.maxSafeNat(), fc.nat({ max: 99_999_999_999 }), fc.nat());
  const text = fc.tuple(anyDigits, fc.nat({ max: 9 })).map(([digits, decimals]) => {
    const padded = String(digits).slice(0, 15).padStart(decimals + 1, "0");
    return decimals === 0 ? padded : `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
  });
  fc.assert(fc.property(text, (decimal) => {
    const scanner = on(`${decimal},`);
    const isLong = decimal.replace(".", "").length > 15;
    assert.equal(scanner.decimal(), !isLong && !/^0\d/.test(decimal));
    if (isLong || /^0\d/.test(decimal)) return;
    assert.equal(scanner.value, JSON.parse(decimal));
    assert.equal(
      scanner.steps(9),
      Math.round(Number(decimal.replace(".", "")) * 10 ** (9 - scanner.decimals)),
    );
    assert.ok(scanner.take(literal(",")) && scanner.end());
  }));
});

Deno.test("a text is taken if each of its bytes is there, in this frame and not the one before", () => {
  const letters = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: LITERAL_MAX });
  fc.assert(fc.property(letters, fc.nat({ max: 9 }), fc.nat(), (text, before, i) => {
    const expected = literal(text);
    const scanner = on(`${"x".repeat(before)}${text}`);
    const skip = literal("x");
    for (let n = 0; n < before; n++) assert.ok(scanner.take(skip));
    assert.ok(scanner.take(expected) && scanner.end());
    scanner.begin(Buffer.from(text.slice(0, -1)));
    assert.ok(!scanner.take(expected));
    assert.equal(scanner.at, 0);
    const other = Buffer.from(text);
    other[i % text.length] = (other[i % text.length] as number) ^ 1 << (i % 7);
    scanner.begin(other);
    assert.ok(!scanner.take(expected));
  }));
  assert.throws(() => literal("x".repeat(LITERAL_MAX + 1)), RangeError);
});

Deno.test("a whole number has at most 15 digits, and no zero before others", () => {
  for (const text of ["0", "7", "1785542400002", "999999999999999"]) {
    const scanner = on(`${text},`);
    assert.ok(scanner.count() && scanner.take(literal(",")), text);
    assert.equal(scanner.digits, Number(text));
  }
  for (const text of ["", "00", "01", "1.5", "-1", "1e3", "1000000000000000"]) {
    const scanner = on(`${text},`);
    assert.ok(!scanner.count() || !scanner.take(literal(",")), text);
  }
});

Deno.test("what is no plain decimal of JSON is not taken", () => {
  for (
    const text of ["", ".", ".5", "5.", "01", "00", "-1", "+1", "1234567890123456", "a", "1.2.3"]
  ) {
    const scanner = on(`${text},`);
    assert.ok(!scanner.decimal() || !scanner.take(literal(",")), text);
  }
  const signed = on("-1.50,");
  assert.ok(signed.signed());
  assert.equal(signed.value, -1.5);
  assert.ok(Number.isNaN(signed.steps(1)));
});

Deno.test("a time is the one that its text says; others are left", () => {
  const times = [
    "2026-08-01T02:53:53.646219Z",
    "1999-12-31T23:59:59.9Z",
    "2024-02-29T00:00:00.00025Z",
  ];
  for (const text of times) {
    const scanner = on(`${text}"`);
    assert.ok(scanner.time(), text);
    assert.equal(scanner.timeUs, usOfIso(text));
  }
  const others = [
    "2026-08-01T02:53:53Z",
    "2026-08-01T24:00:00.0Z",
    "2026-08-01T02:60:53.0Z",
    "2026-08-01T02:53:53.1234567Z",
    "2026-08-01T02:53:53.123+00:00",
    "2026-13-01T02:53:53.123Z",
    "2026-08-01 02:53:53.123Z",
    "2999-08-01T02:53:53.123Z",
  ];
  for (const text of others) assert.equal(on(`${text}"`).time(), false, text);
});

Deno.test("texts that come again are the same word, also among thousands", () => {
  const scanner = new ByteScanner();
  const names = Array.from({ length: 5000 }, (_, i) => `KX${i}-26AUG01-T${i % 7}`);
  const wordOf = (name: string) => {
    const frame = Buffer.from(`${name}"`);
    scanner.begin(frame);
    assert.ok(scanner.knownText());
    // What a frame stood in may be written over.
    frame.fill(0);
    return scanner.word;
  };
  const words = names.map(wordOf);
  assert.equal(new Set(words).size, names.length);
  assert.deepEqual(names.map(wordOf), words);
  assert.deepEqual(words.map((word) => scanner.textOf(word)), names);
});
