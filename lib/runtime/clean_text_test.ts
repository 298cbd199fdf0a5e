import assert from "node:assert/strict";
import { cleanText, withoutInvisible } from "./clean_text.ts";

Deno.test("characters that nobody sees are gone, and a text of one line has one", () => {
  const hostile = "a\u0000b\u001b[1mc\u200bd\u202ee\u2066f\ufeffg\u2028h\r\ni";
  assert.equal(cleanText(hostile, 99), "a b [1mc d e f g h i");
  assert.equal(withoutInvisible("one\n\ttwo\u0007"), "one\n\ttwo ");
});

Deno.test("a long text is cut, and says so", () => {
  assert.equal(cleanText("x".repeat(10), 10), "xxxxxxxxxx");
  assert.equal(cleanText("x".repeat(11), 10), "xxxxxxxxxx…");
});
