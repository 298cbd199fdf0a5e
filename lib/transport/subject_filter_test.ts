import assert from "node:assert/strict";
import fc from "fast-check";
import {
  commonFilter,
  compileFilter,
  compileFilters,
  distinctFilters,
  filtersOverlap,
} from "./subject_filter.ts";

const FILTERS = [
  "a",
  "a.b",
  "a.*",
  "*.b",
  "*",
  ">",
  "a.>",
  "*.*",
  "a.*.c",
  "*.>",
  "a.b.c",
  "A%2E.>",
];

const token = fc.constantFrom("a", "b", "c", "A%2E", "+(");
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."));
const filter = fc.tuple(
  fc.array(fc.oneof(token, fc.constant("*")), { minLength: 1, maxLength: 3 }),
  fc.boolean(),
).map(([tokens, rest]) => [...tokens, ...(rest ? [">"] : [])].join("."));

function slowMatch(filter: string, subject: string): boolean {
  const [wanted, given] = [filter.split("."), subject.split(".")];
  for (const [i, token] of wanted.entries()) {
    if (token === ">") return given.length > i;
    if (given[i] === undefined || (token !== "*" && token !== given[i])) return false;
  }
  return given.length === wanted.length;
}

Deno.test("filters mean what NATS documents", () => {
  const meant = (subject: string) => FILTERS.filter((filter) => compileFilter(filter)(subject));
  assert.deepEqual(meant("a"), ["a", "*", ">"]);
  assert.deepEqual(meant("a.b"), ["a.b", "a.*", "*.b", ">", "a.>", "*.*", "*.>"]);
  assert.deepEqual(meant("a.b.c"), [">", "a.>", "a.*.c", "*.>", "a.b.c"]);
  assert.deepEqual(meant("A%2E.x"), [">", "*.*", "*.>", "A%2E.>"]);
});

Deno.test("a compiled filter agrees with walking the tokens", () => {
  fc.assert(fc.property(filter, subject, (filter, subject) => {
    assert.equal(compileFilter(filter)(subject), slowMatch(filter, subject));
  }));
});

Deno.test("leaving out included filters changes nothing that matches", () => {
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1, maxLength: 5 }), subject, (all, subject) => {
      const distinct = distinctFilters(all);
      assert.equal(compileFilters(distinct)(subject), compileFilters(all)(subject));
      assert.ok(distinct.length >= 1);
    }),
  );
});

Deno.test("filters that both mean a subject overlap", () => {
  fc.assert(fc.property(filter, filter, subject, (one, other, subject) => {
    if (slowMatch(one, subject) && slowMatch(other, subject)) {
      assert.ok(filtersOverlap(one, other));
    }
  }));
  assert.equal(filtersOverlap("a.*.c", "*.b.c"), true);
  assert.equal(filtersOverlap("a.*.c", "*.b.d"), false);
  assert.equal(filtersOverlap("a.>", "a"), false);
});

Deno.test("the common filter means all its subjects", () => {
  assert.equal(commonFilter(["a.b.c"]), "a.b.c");
  assert.equal(commonFilter(["a.b.c", "a.b.d", "a.b.c"]), "a.b.>");
  assert.equal(commonFilter(["a.b.c", "a.x.c"]), "a.>");
  assert.equal(commonFilter(["a.b", "a.b.c"]), "a.>");
  assert.equal(commonFilter(["a", "b"]), ">");
  fc.assert(fc.property(fc.array(subject, { minLength: 1, maxLength: 5 }), (subjects) => {
    const matches = compileFilter(commonFilter(subjects));
    for (const each of subjects) assert.ok(matches(each), each);
  }));
});
