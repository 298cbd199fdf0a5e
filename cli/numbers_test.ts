import assert from "node:assert/strict";
import { parsePort, parsePositive, parseSeed, parseSpeed } from "./numbers.ts";

Deno.test("numbers of command lines are read as they are written, and no others", () => {
  assert.deepEqual(["0", "8080", "65535"].map(parsePort), [0, 8080, 65_535]);
  assert.deepEqual(["0", "42"].map(parseSeed), [0, 42]);
  assert.deepEqual(["0.5", "2000"].map(parsePositive), [0.5, 2000]);
  assert.deepEqual(["max", "10", "0.1"].map(parseSpeed), ["max", 10, 0.1]);
});

Deno.test("other spellings are refused in words of what is allowed", () => {
  const refused: [(text: string) => unknown, string[], RegExp][] = [
    [parsePort, ["", " 80", "-1", "65536", "0x50", "1e3", "8080.0"], /0 \(any free one\) to 65535/],
    [parseSeed, ["", "-1", "1.5", "0x1", "99999999999999999999"], /whole number from 0/],
    [parsePositive, ["", " ", "0", "-1", "many", "Infinity"], /above 0/],
    [parseSpeed, ["", " ", "0", "-1", "fast", "Infinity"], /"max" or a number above 0/],
  ];
  for (const [parse, texts, said] of refused) {
    for (const text of texts) {
      assert.throws(() => parse(text), (error) => {
        assert.ok(error instanceof RangeError, text);
        assert.match(error.message, said);
        return true;
      });
    }
  }
});
