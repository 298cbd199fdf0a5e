import assert from "node:assert/strict";
import { Message } from "capnp-es";
import { CodeGeneratorRequest, type Field, type Node, Type, Value } from "capnp-es/capnp/schema";
import fc from "fast-check";
import { EVENT_TYPES } from "@ssmd/market";
import { SCHEMAS } from "../mod.ts";
import { capnp, withoutCapnp } from "../testing/capnp_tool.ts";
import { layoutOf } from "./layout.ts";
import { parseSchema } from "./parser.ts";
import { SCALAR_BITS } from "./schema.ts";

interface Comparable {
  id: string;
  enums: Record<string, string[]>;
  structs: Record<string, unknown>;
}

function ours(text: string): Comparable {
  const schema = parseSchema("test.capnp", text);
  const structs = schema.structs.map(layoutOf).map(({ name, dataWords, pointers, fields }) => [
    name,
    {
      dataWords,
      pointers,
      fields: fields.map((field) => [field.name, field.ordinal, field.offset]),
      defaults: fields.flatMap((field) => {
        const { type } = field;
        if (type.kind !== "scalar") return [];
        const value = field.default ?? (type.name === "Bool" ? false : 0);
        return [[field.name, typeof value === "boolean" ? value : Number(value)]];
      }),
    },
  ]);
  return {
    id: schema.id,
    enums: Object.fromEntries(schema.enums.map(({ name, values }) => [name, values])),
    structs: Object.fromEntries(structs),
  };
}

/** What the compiler of the capnp program makes of the same text. */
async function theirs(text: string): Promise<Comparable> {
  const bytes = await capnp(["compile", "-o-", "{schema}"], text);
  const request = new Message(bytes, false).getRoot(CodeGeneratorRequest);
  const found: Comparable = { id: "", enums: {}, structs: {} };
  request.nodes.forEach((node) => {
    const name = node.displayName.slice(node.displayNamePrefixLength);
    if (node._isFile) found.id = node.id.toString(16);
    if (node._isEnum) {
      found.enums[name] = node.enum.enumerants.map((enumerant) => enumerant.name);
    }
    if (node._isStruct) found.structs[name] = structOf(node);
  });
  return found;
}

function structOf(node: Node): unknown {
  const fields = node.struct.fields.map((field) => field)
    .sort((a, b) => a.ordinal.explicit - b.ordinal.explicit);
  return {
    dataWords: node.struct.dataWordCount,
    pointers: node.struct.pointerCount,
    fields: fields.map((field) => [field.name, field.ordinal.explicit, field.slot.offset]),
    defaults: fields.flatMap((field) => {
      const value = defaultOf(field);
      return value === undefined ? [] : [[field.name, value]];
    }),
  };
}

function defaultOf({ slot }: Field): number | boolean | undefined {
  const value = slot.defaultValue;
  switch (value.which()) {
    case Value.BOOL:
      return value.bool;
    case Value.INT8:
      return value.int8;
    case Value.INT16:
      return value.int16;
    case Value.INT32:
      return value.int32;
    case Value.INT64:
      return Number(value.int64);
    case Value.UINT8:
      return value.uint8;
    case Value.UINT16:
      return value.uint16;
    case Value.UINT32:
      return value.uint32;
    case Value.UINT64:
      return Number(value.uint64);
    case Value.FLOAT32:
      return value.float32;
    case Value.FLOAT64:
      return value.float64;
    default:
      assert.ok(
        [Type.TEXT, Type.LIST, Type.ENUM, Type.STRUCT].some((t) => t === slot.type.which()),
      );
      return undefined;
  }
}

for (const type of EVENT_TYPES) {
  Deno.test({
    name: `the layout of ${type} is that of capnp compile`,
    ignore: withoutCapnp,
    fn: async () => assert.deepEqual(ours(SCHEMAS[type].text), await theirs(SCHEMAS[type].text)),
  });
}

const SYNTHETIC: [string, string][] = [
  [
    "small fields fill the holes that larger ones left",
    "Bool UInt32 Bool UInt8 UInt16 UInt64 Bool",
  ],
  ["holes of every size are used, the smallest first", "UInt8 UInt64 UInt32 Bool UInt16 Bool Int8"],
  ["a word full of bits is followed by a new word", `${"Bool ".repeat(66)}UInt8`],
  ["pointers are counted apart from data", "Text UInt8 List(Text) E S List(S) List(UInt8) Bool E"],
];
for (const [what, types] of SYNTHETIC) {
  Deno.test({
    name: `${what}, as in capnp compile`,
    ignore: withoutCapnp,
    fn: () => assertSame(types.split(" ")),
  });
}

Deno.test({
  name: "any order of types is placed as by capnp compile",
  ignore: withoutCapnp,
  fn: async () => {
    const type = fc.constantFrom(...Object.keys(SCALAR_BITS), "Text", "E", "List(Float64)", "S");
    await fc.assert(
      fc.asyncProperty(fc.array(type, { maxLength: 60 }), (types) => assertSame(types)),
      { numRuns: 30 },
    );
  },
});

Deno.test({
  name: "fields are placed by their number, wherever they stand, and keep their defaults",
  ignore: withoutCapnp,
  fn: async () => {
    const text = `@0xb1f3a3c0d1e400ff;
enum E { unknown @0; one @1; }
struct S {
  f @5 :Float64 = nan; a @0 :UInt8 = 0xff; e @3 :E = one; b @1 :Int64 = -1; t @2 :Text = "x";
  c @4 :Bool = true; g @6 :Float32 = -1.5; h @7 :Float64 = 1e300; i @8 :Int16 = -32768;
  j @9 :UInt64 = 18446744073709551615; k @10 :Float64 = inf; l @11 :UInt32 = 4294967295;
}`;
    assert.deepEqual(ours(text), await theirs(text));
  },
});

async function assertSame(types: string[]): Promise<void> {
  const fields = types.map((type, i) => `  f${i} @${i} :${type};\n`).join("");
  const text = `@0xb1f3a3c0d1e400ff;\nenum E { a @0; b @1; }\nstruct S {\n${fields}}\n`;
  assert.deepEqual(ours(text), await theirs(text), text);
}
