import assert from "node:assert/strict";
import { parseSchema } from "./parser.ts";
import { SchemaError } from "./schema_error.ts";

const ID = "@0xb1f3a3c0d1e40001;\n";

Deno.test("parseSchema() reads enums, structs, defaults and comments", () => {
  const schema = parseSchema(
    "a.capnp",
    `# about the file
@0xb1f3a3c0d1e40001; # its id
struct S { late @1 :E = b; # a comment with } and "quotes
  first @0 :List(List(Text)); low @2 :Int8 = -0x80; t @3 :Text = "a\\"b";
  n @4 :Float64 = nan; m @5 :Float32 = -inf; y @6 :Bool = true; s @7 :S; }
enum E { b @1; a @0; }`,
  );
  assert.equal(schema.id, "b1f3a3c0d1e40001");
  assert.deepEqual(schema.enums, [{ name: "E", values: ["a", "b"] }]);
  assert.deepEqual(
    schema.structs[0]?.fields.map((field) => [field.name, field.type, field.default]),
    [
      ["first", { kind: "list", of: { kind: "list", of: { kind: "text" } } }, undefined],
      ["late", { kind: "enum", name: "E" }, "b"],
      ["low", { kind: "scalar", name: "Int8" }, -128n],
      ["t", { kind: "text" }, 'a"b'],
      ["n", { kind: "scalar", name: "Float64" }, NaN],
      ["m", { kind: "scalar", name: "Float32" }, -Infinity],
      ["y", { kind: "scalar", name: "Bool" }, true],
      ["s", { kind: "struct", name: "S" }, undefined],
    ],
  );
});

const BAD: [string, string, string][] = [
  ["an empty file", "", "1:1: expected the file's id, like @0xb1f3a3c0d1e40001, found the end"],
  ["a short id", "@0x17;", "1:1: a file id must have 64 bits"],
  ["no semicolon after the id", "@0xb1f3a3c0d1e40001 struct S {}", '1:21: expected ";", found'],
  ["a strange character", `${ID}struct S {\n  a @0 :Text?;\n}`, '3:13: unexpected character "?"'],
  ["an open text", `${ID}struct S { a @0 :Text = "x;\n}`, "2:25: a text without its closing"],
  ["an unknown type", `${ID}struct S {\n\ta @0 :Flaot64;\n}`, '3:8: unknown type "Flaot64"'],
  ["a const", `${ID}const x :Int8 = 1;`, '2:1: "const" is not read here'],
  ["a using", `${ID}using X = import "y";`, '2:1: "using" is not read here'],
  ["a union", `${ID}struct S {\n  union {\n}}`, '3:3: "union" inside a struct is not read'],
  ["a nested struct", `${ID}struct S { struct T {} }`, '2:12: "struct" inside a struct is not'],
  ["a group", `${ID}struct S { g :group { } }`, '2:14: expected a number like @0, found ":"'],
  ["an annotation", `${ID}struct S { a @0 :Text $x; }`, '2:23: expected ";", found "$"'],
  ["a hole in the numbers", `${ID}struct S { a @0 :Text; b @2 :Text; }`, "2:24: @2 leaves out @1"],
  ["a number twice", `${ID}enum E { a @0; b @0; }`, "2:16: @0 is used twice"],
  ["a name twice", `${ID}enum E { a @0; a @1; }`, '2:16: the name "a" is used twice'],
  ["two structs of a name", `${ID}struct S {}\nenum S {}`, '3:6: the name "S" is taken'],
  ["a struct called Bool", `${ID}struct Bool {}`, '2:8: the name "Bool" is taken'],
  ["too large a number", `${ID}enum E { a @65535; }`, "2:12: a number after @ must be below"],
  ["a default out of range", `${ID}struct S { a @0 :UInt8 = 256; }`, '2:26: "256" is no UInt8'],
  ["a negative default", `${ID}struct S { a @0 :UInt8 = -1; }`, '2:26: "-1" is no UInt8'],
  ["an octal default", `${ID}struct S { a @0 :UInt8 = 017; }`, '2:26: "017" is no UInt8'],
  ["a float as integer", `${ID}struct S { a @0 :Int8 = 1.5; }`, '2:25: "1.5" is no Int8'],
  ["a wrong enum value", `${ID}enum E {a @0;} struct S { x @0 :E = b; }`, '2:37: "b" is no E'],
  ["a text for a number", `${ID}struct S { a @0 :Float64 = "1"; }`, '2:28: "1" is no Float64'],
  ["a strange escape", `${ID}struct S { a @0 :Text = "\\q"; }`, "2:25: this text has an escape"],
  ["a bit that is 1", `${ID}struct S { a @0 :Bool = 1; }`, '2:25: "1" is no Bool'],
  ["a list default", `${ID}struct S { a @0 :List(Int8) = [1]; }`, "2:31: defaults of structs and"],
  ["an open struct", `${ID}struct S { a @0 :Text;`, '2:23: expected "}"'],
  ["an open list", `${ID}struct S { a @0 :List(Text; }`, '2:27: expected ")", found ";"'],
];
for (const [what, text, message] of BAD) {
  Deno.test(`parseSchema() names the place of ${what}`, () => {
    assert.throws(() => parseSchema("a.capnp", text), (error) => {
      assert.ok(error instanceof SchemaError);
      assert.equal(error.message.slice(0, message.length + 8), `a.capnp:${message}`);
      assert.equal(`${error.line}:${error.column}`, message.split(": ")[0]);
      return true;
    });
  });
}

Deno.test("parseSchema() says what was probably meant", () => {
  assert.throws(() => parseSchema("a.capnp", `${ID}struct S { a @0 :Flaot64; }`), {
    hint: 'Did you mean "Float64"?',
  });
});
