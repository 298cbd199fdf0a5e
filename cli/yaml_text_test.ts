import fc from "fast-check";
import assert from "node:assert/strict";
import { parse } from "yaml";
import { yamlText } from "./yaml_text.ts";

Deno.test("every JSON value is read again as what it was", () => {
  const words = fc.constantFrom(
    "true",
    "Null",
    "no",
    "- a",
    "a: b",
    "#",
    "1",
    "2026-08-01",
    "~",
    "",
  );
  const texts = fc.oneof(
    words,
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary-ascii" }),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      texts,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n === 0 ? 0 : n),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(texts.filter((key) => key !== "__proto__"), tie("value"), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, (each) => {
      assert.deepEqual(parse(yamlText(each)), JSON.parse(JSON.stringify(each)));
    }),
    { numRuns: 500 },
  );
});

Deno.test("it reads as a person would write it", () => {
  const value = {
    name: "demo",
    feeds: ["kraken", "on"],
    none: [],
    at: { day: "2026-08-01", n: 1.5 },
  };
  assert.equal(
    yamlText({ ...value, list: [{ a: 1, b: undefined, c: [[true]] }] }),
    'name: demo\nfeeds:\n  - kraken\n  - "on"\nnone: []\nat:\n  day: "2026-08-01"\n  n: 1.5\n' +
      "list:\n  - a: 1\n    c:\n      - - true\n",
  );
});
