import assert from "node:assert/strict";
import { SCHEMAS } from "../mod.ts";
import { capnp, encodeText, withoutCapnp } from "../testing/capnp_tool.ts";
import { type ChangeEffect, compareSchemas, worstEffect } from "./compat.ts";
import { parseSchema } from "./parser.ts";

/** A change, and values that show what it does: as the old and as the new writer says them. */
interface Case {
  what: string;
  before: string;
  after: string;
  /** Values of the old writer, default `(a = 7, b = "x")`. */
  old?: string;
  /** Values of the new writer, default the same. */
  fresh?: string;
  effect: ChangeEffect;
  /** Kinds of the changes found. */
  kinds: string[];
}

const AB = "a @0 :UInt32; b @1 :Text;";
const E = "enum E { x @0; y @1; z @2; }";

const CASES: Case[] = [
  { what: "nothing", before: AB, after: AB, effect: "compatible", kinds: [] },
  {
    what: "another order of the lines, same numbers",
    before: AB,
    after: "b @1 :Text; a @0 :UInt32; # said again\n",
    effect: "compatible",
    kinds: [],
  },
  {
    what: "a field added at the end",
    before: AB,
    after: `${AB} c @2 :UInt64;`,
    fresh: '(a = 7, b = "x", c = 9)',
    effect: "compatible",
    kinds: ["added"],
  },
  {
    what: "several fields added, in data and behind pointers",
    before: AB,
    after: `${AB} c @2 :Bool; d @3 :Text; e @4 :List(Float64);`,
    fresh: '(a = 7, b = "x", c = true, d = "d", e = [1, 2])',
    effect: "compatible",
    kinds: ["added", "added", "added"],
  },
  {
    what: "a field added with a default",
    before: AB,
    after: `${AB} c @2 :Int16 = -5;`,
    fresh: '(a = 7, b = "x", c = 9)',
    effect: "compatible",
    kinds: ["added"],
  },
  {
    what: "a field added in the middle, those after it renumbered",
    before: AB,
    after: "a @0 :UInt32; c @1 :Text; b @2 :Text;",
    fresh: '(a = 7, c = "c", b = "x")',
    effect: "breaking",
    kinds: ["reordered"],
  },
  {
    what: "the last field removed",
    before: `${AB} c @2 :UInt64;`,
    after: AB,
    old: '(a = 7, b = "x", c = 9)',
    fresh: '(a = 7, b = "x")',
    effect: "lossy",
    kinds: ["removed"],
  },
  {
    what: "a field removed and its number given to the next one",
    before: "a @0 :UInt32; c @1 :UInt32; d @2 :UInt32;",
    after: "a @0 :UInt32; d @1 :UInt32;",
    old: "(a = 7, c = 8, d = 9)",
    fresh: "(a = 7, d = 9)",
    effect: "breaking",
    kinds: ["reordered"],
  },
  {
    what: "a field renamed",
    before: AB,
    after: "amount @0 :UInt32; b @1 :Text;",
    fresh: '(amount = 7, b = "x")',
    effect: "compatible",
    kinds: ["renamed"],
  },
  {
    what: "two fields of one type swapped",
    before: "a @0 :UInt32; c @1 :UInt32;",
    after: "c @0 :UInt32; a @1 :UInt32;",
    old: "(a = 7, c = 8)",
    effect: "breaking",
    kinds: ["reordered", "reordered"],
  },
  {
    what: "a number made wider",
    before: "a @0 :UInt16; c @1 :UInt16;",
    after: "a @0 :UInt32; c @1 :UInt16;",
    old: "(a = 7, c = 8)",
    effect: "breaking",
    kinds: ["retyped"],
  },
  {
    what: "an unsigned number made signed",
    before: "a @0 :UInt32;",
    after: "a @0 :Int32;",
    old: "(a = 4294967295)",
    fresh: "(a = -1)",
    effect: "breaking",
    kinds: ["retyped"],
  },
  {
    what: "a float made a whole number",
    before: "a @0 :Float64;",
    after: "a @0 :UInt64;",
    old: "(a = 7)",
    effect: "breaking",
    kinds: ["retyped"],
  },
  {
    what: "a float made shorter",
    before: "a @0 :Float64;",
    after: "a @0 :Float32;",
    old: "(a = 7)",
    effect: "breaking",
    kinds: ["retyped"],
  },
  {
    what: "a number made text",
    before: "a @0 :UInt32; b @1 :Text;",
    after: "a @0 :Text; b @1 :Text;",
    fresh: '(a = "7", b = "x")',
    effect: "breaking",
    kinds: ["retyped"],
  },
  {
    what: "text made a list",
    before: AB,
    after: "a @0 :UInt32; b @1 :List(UInt8);",
    fresh: "(a = 7, b = [120])",
    effect: "breaking",
    kinds: ["retyped"],
  },
  {
    what: "a default changed",
    before: "a @0 :UInt32 = 5;",
    after: "a @0 :UInt32 = 6;",
    old: "(a = 7)",
    effect: "breaking",
    kinds: ["default"],
  },
  {
    what: "a default given",
    before: "a @0 :Bool;",
    after: "a @0 :Bool = true;",
    old: "(a = true)",
    effect: "breaking",
    kinds: ["default"],
  },
  {
    what: "the default of a text changed",
    before: 'a @0 :UInt32; b @1 :Text = "p";',
    after: 'a @0 :UInt32; b @1 :Text = "q";',
    old: "(a = 7)",
    effect: "breaking",
    kinds: ["default"],
  },
  {
    what: "the type's own zero written as default",
    before: "a @0 :UInt32;",
    after: "a @0 :UInt32 = 0;",
    old: "(a = 7)",
    effect: "compatible",
    kinds: [],
  },
  {
    what: "an enum value added at the end",
    before: `e @0 :E; } ${E} struct Z { n @0 :Bool;`,
    after: `e @0 :E; } enum E { x @0; y @1; z @2; w @3; } struct Z { n @0 :Bool;`,
    old: "(e = y)",
    effect: "compatible",
    kinds: ["added"],
  },
  {
    what: "the last enum value removed",
    before: `e @0 :E; } ${E} struct Z { n @0 :Bool;`,
    after: `e @0 :E; } enum E { x @0; y @1; } struct Z { n @0 :Bool;`,
    old: "(e = y)",
    effect: "lossy",
    kinds: ["removed"],
  },
  {
    what: "an enum value renamed",
    before: `e @0 :E; } ${E} struct Z { n @0 :Bool;`,
    after: `e @0 :E; } enum E { x @0; why @1; z @2; } struct Z { n @0 :Bool;`,
    old: "(e = z)",
    effect: "compatible",
    kinds: ["renamed"],
  },
  {
    what: "enum values swapped",
    before: `e @0 :E; } ${E} struct Z { n @0 :Bool;`,
    after: `e @0 :E; } enum E { x @0; z @1; y @2; } struct Z { n @0 :Bool;`,
    old: "(e = y)",
    effect: "breaking",
    kinds: ["reordered", "reordered"],
  },
  {
    what: "an enum under a new name",
    before: `e @0 :E; } ${E} struct Z { n @0 :Bool;`,
    after: `e @0 :F; } enum F { x @0; y @1; z @2; } struct Z { n @0 :Bool;`,
    old: "(e = y)",
    effect: "compatible",
    kinds: ["renamed"],
  },
  {
    what: "an enum made a number",
    before: `e @0 :E; } ${E} struct Z { n @0 :Bool;`,
    after: "e @0 :UInt16; } struct Z { n @0 :Bool;",
    old: "(e = y)",
    fresh: "(e = 1)",
    effect: "breaking",
    kinds: ["retyped", "removed"],
  },
  {
    what: "a field added to a struct inside",
    before: "r @0 :R; } struct R { p @0 :Float64;",
    after: "r @0 :R; } struct R { p @0 :Float64; q @1 :Float64;",
    old: "(r = (p = 1.5))",
    fresh: "(r = (p = 1.5, q = 2))",
    effect: "compatible",
    kinds: ["added"],
  },
  {
    what: "a struct inside under a new name",
    before: "r @0 :R; } struct R { p @0 :Float64;",
    after: "r @0 :Q; } struct Q { p @0 :Float64;",
    old: "(r = (p = 1.5))",
    effect: "compatible",
    kinds: ["renamed"],
  },
  {
    what: "a field of a struct inside retyped",
    before: "r @0 :R; } struct R { p @0 :Float64;",
    after: "r @0 :R; } struct R { p @0 :Int64;",
    old: "(r = (p = 1.5))",
    fresh: "(r = (p = 1))",
    effect: "breaking",
    kinds: ["retyped"],
  },
  {
    what: "a list of numbers made a list of structs that begin with one",
    before: "l @0 :List(Float64);",
    after: "l @0 :List(R); } struct R { p @0 :Float64; q @1 :Float64;",
    old: "(l = [1, 2])",
    fresh: "(l = [(p = 1, q = 3), (p = 2, q = 4)])",
    effect: "compatible",
    kinds: ["retyped", "added"],
  },
  {
    what: "a list of numbers made a list of structs that begin with something else",
    before: "l @0 :List(Float64);",
    after: "l @0 :List(R); } struct R { q @0 :UInt64; p @1 :Float64;",
    old: "(l = [1, 2])",
    fresh: "(l = [(q = 3, p = 1), (q = 4, p = 2)])",
    effect: "breaking",
    kinds: ["retyped", "added"],
  },
  {
    what: "a list of one number made a list of another",
    before: "l @0 :List(UInt32);",
    after: "l @0 :List(UInt64);",
    old: "(l = [1, 2])",
    effect: "breaking",
    kinds: ["retyped"],
  },
];

const schemaOf = (fields: string, id = "@0xb1f3a3c0d1e400ff") => `${id};\nstruct S { ${fields} }\n`;

Deno.test("at least 20 changes are compared with the capnp program", () => {
  assert.ok(CASES.length >= 20);
});

for (const each of CASES) {
  Deno.test(`${each.what}: ${each.effect}`, () => {
    const changes = compareSchemas(
      parseSchema("old.capnp", schemaOf(each.before)),
      parseSchema("new.capnp", schemaOf(each.after)),
    );
    assert.equal(worstEffect(changes), each.effect, JSON.stringify(changes));
    assert.deepEqual(changes.map(({ kind }) => kind).sort(), [...each.kinds].sort());
  });

  Deno.test({
    name: `${each.what}: capnp says the same`,
    ignore: withoutCapnp,
    fn: async () => {
      const old = each.old ?? '(a = 7, b = "x")';
      const forward = await survives(each.before, old, each.after);
      const back = await survives(each.after, each.fresh ?? old, each.before);
      assert.equal(forward && back, each.effect !== "breaking", `${forward} ${back}`);
    },
  });
}

Deno.test("another file id is told and breaks no bytes", () => {
  const changes = compareSchemas(
    parseSchema("old.capnp", schemaOf(AB)),
    parseSchema("new.capnp", schemaOf(AB, "@0xb1f3a3c0d1e400fe")),
  );
  assert.deepEqual(changes.map(({ kind, effect }) => [kind, effect]), [["id", "compatible"]]);
});

for (const type of ["trade", "ticker", "status"] as const) {
  Deno.test(`the second version of ${type} only appends to the first`, async () => {
    const folder = new URL("../../../exchanges/schemas/", import.meta.url);
    const first = await Deno.readTextFile(new URL(`${type}.capnp`, folder));
    const { text } = SCHEMAS[type];
    const changes = compareSchemas(parseSchema("v1.capnp", first), parseSchema("v2.capnp", text));
    assert.ok(changes.length > 0);
    assert.equal(worstEffect(changes), "compatible", JSON.stringify(changes));
  });
}

type Value = unknown;

/** Whether what one schema writes comes out the same where the other one reads it. */
async function survives(writer: string, text: string, reader: string): Promise<boolean> {
  const bytes = await encodeText(schemaOf(writer), "S", text);
  const read = (schema: string) =>
    capnp(["convert", "binary:json", "{schema}", "S"], schemaOf(schema), bytes)
      .then((out) => JSON.parse(new TextDecoder().decode(out)), () => undefined);
  const [own, other] = [await read(writer), await read(reader)];
  return other !== undefined && same(own, other, typesOf(writer), typesOf(reader), "S");
}

interface Types {
  structs: Map<string, { name: string; type: string; unset: Value }[]>;
  enums: Map<string, string[]>;
}

function typesOf(fields: string): Types {
  const { structs, enums } = parseSchema("x.capnp", schemaOf(fields));
  return {
    structs: new Map(structs.map(({ name, fields }) => [
      name,
      fields.map((field) => ({
        name: field.name,
        // An unset text is left out of the JSON: it reads as the schema's default.
        unset: field.type.kind === "text" ? field.default ?? "" : undefined,
        type: "name" in field.type
          ? field.type.name
          : field.type.kind === "list" && "name" in field.type.of
          ? field.type.of.name
          : "",
      })),
    ])),
    enums: new Map(enums.map(({ name, values }) => [name, values])),
  };
}

/** Equal by number and by name; what only one side knows is not compared. */
function same(a: Value, b: Value, at: Types, bt: Types, aName: string, bName = aName): boolean {
  const [fieldsA, fieldsB] = [at.structs.get(aName), bt.structs.get(bName)];
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => same(item, b[i], at, bt, aName, bName));
  }
  if (fieldsA && fieldsB && isObject(a) && isObject(b)) {
    const byName = fieldsA.every((field) => {
      const other = fieldsB.find(({ name }) => name === field.name);
      return !other ||
        same(valueOf(a, field), valueOf(b, other), at, bt, field.type, other.type);
    });
    return byName && fieldsA.every((field, i) => {
      const other = fieldsB[i];
      return !other ||
        same(valueOf(a, field), valueOf(b, other), at, bt, field.type, other.type);
    });
  }
  // A row that became a struct is its first field.
  if (fieldsA && isObject(a)) return same(a[fieldsA[0]?.name ?? ""], b, at, bt, "", bName);
  if (fieldsB && isObject(b)) return same(a, b[fieldsB[0]?.name ?? ""], at, bt, aName, "");
  const [valuesA, valuesB] = [at.enums.get(aName), bt.enums.get(bName)];
  if (valuesA && valuesB) {
    const name = String(a);
    if (valuesB.includes(name)) return b === name;
    return valuesA.indexOf(name) === valuesB.indexOf(String(b));
  }
  return Object.is(a, b) && Boolean(valuesA) === Boolean(valuesB);
}

function valueOf(value: Record<string, Value>, field: { name: string; unset: Value }): Value {
  return value[field.name] ?? field.unset;
}

function isObject(value: Value): value is Record<string, Value> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
