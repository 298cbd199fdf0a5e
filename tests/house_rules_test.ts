import assert from "node:assert/strict";
import { nameFinding, parametersFinding, wordsOf } from "./house_rules.ts";
import plugin from "./layers_plugin.ts";

function lint(filename: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, filename, source).map(({ message }) => message);
}

Deno.test("a name is cut into its words", () => {
  assert.deepEqual(wordsOf("lastGoodAtUs"), ["last", "good", "at", "us"]);
  assert.deepEqual(wordsOf("HTTP_STATUS_2"), ["http", "status", ""]);
});

Deno.test("retired words are found in each kind of declaration, and only as whole words", () => {
  const file = "gateway/stream/hub.ts";
  const declarations = [
    "class Intake {}",
    "interface KeyPlace {}",
    "type Place = string;",
    "function placeOf() {}",
    "function f(place: string) {}",
    "const g = (place: string) => place;",
    "const promoted = 1;",
    "class A { #outbox = []; }",
    "class A { told() {} }",
    "interface A { deaf: boolean }",
    "interface A { onDeaf(): void }",
  ];
  for (const source of declarations) assert.equal(lint(file, source).length, 1, source);
  for (const source of ["const replaced = 1;", "const placeholder = 1;", "a.place();"]) {
    assert.deepEqual(lint(file, source), [], source);
  }
  assert.match(nameFinding("RawPlace") ?? "", /say key, id, offset or location/);
});

Deno.test("more than three parameters are found, five where each message passes", () => {
  const service = "archiver/day.ts";
  const declarations = [
    "function f(a, b, c, d) {}",
    "const f = (a, b, c, d) => 1;",
    "class A { f(a, b, c, d) {} }",
    "class A { constructor(a, b, c, d) {} }",
    "interface A { f(a: 1, b: 1, c: 1, d: 1): void }",
    "type F = (a: 1, b: 1, c: 1, d: 1) => void;",
  ];
  for (const source of declarations) assert.equal(lint(service, source).length, 1, source);
  assert.deepEqual(lint(service, "function f(a, b, c) {}"), []);
  assert.equal(parametersFinding("exchanges/kraken/books.ts", 5), undefined);
  assert.match(parametersFinding("exchanges/kraken/books.ts", 6) ?? "", /at most 5/);
  assert.equal(parametersFinding("archiver/day_test.ts", 6), undefined);
});

Deno.test("a module that exports all of another one is found", () => {
  assert.match(lint("gateway/mod.ts", `export * from "./a.ts";`)[0] ?? "", /one by one/);
  assert.deepEqual(lint("gateway/mod.ts", `export { a } from "./a.ts";`), []);
});
