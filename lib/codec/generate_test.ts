import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EVENT_TYPES } from "@ssmd/market";
import { emitRecord, type SchemaSource } from "./emit.ts";
import { generate, staleIn } from "./generate.ts";
import { SCHEMAS } from "./mod.ts";
import { parseSchema, type Schema } from "./schema/mod.ts";

Deno.test("the generated code is that of the registered schemas", () => {
  assert.deepEqual(staleIn(generate()), []);
});

const NEWEST = {
  trade: ["v2", "trade-v2.capnp"],
  ticker: ["v2", "ticker-v2.capnp"],
  orderbook: ["v2", "orderbook-v2.capnp"],
  status: ["v2", "status-v2.capnp"],
  gap: ["v2", "gap-v2.capnp"],
  fire: ["v1", "fire.capnp"],
  action: ["v1", "action.capnp"],
} as const;

Deno.test("SCHEMAS holds the newest text of every registered schema, its version and hash", async () => {
  for (const type of EVENT_TYPES) {
    const [newest, file] = NEWEST[type];
    const url = new URL(`../../exchanges/schemas/${file}`, import.meta.url);
    const bytes = await Deno.readFile(url);
    const { text, sha256, version } = SCHEMAS[type];
    assert.equal(text, new TextDecoder().decode(bytes));
    assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
    assert.equal(version, newest);
  }
  const ids = EVENT_TYPES.map((type) => SCHEMAS[type].id);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("staleIn() names files that differ, are missing, or have no schema any more", async () => {
  const folder = new URL(`file://${await Deno.makeTempDir({ prefix: "ssmd-codec-" })}/`);
  try {
    await Deno.writeTextFile(new URL("same.ts", folder), "1");
    await Deno.writeTextFile(new URL("changed.ts", folder), "2");
    await Deno.writeTextFile(new URL("gone.ts", folder), "3");
    const files = new Map([["same.ts", "1"], ["changed.ts", "1"], ["missing.ts", "1"]]);
    assert.deepEqual(staleIn(files, folder), ["changed.ts", "gone.ts", "missing.ts"]);
    assert.deepEqual(staleIn(files, new URL("none/", folder)), [
      "changed.ts",
      "missing.ts",
      "same.ts",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A text as a type's first version, or as one that appended all but `required`. */
function sourceOf(schema: Schema, text: string, required?: string[]): SchemaSource {
  const fields = schema.structs.flatMap((struct) => struct.fields.map(({ name }) => name));
  const set = new Set(required ?? fields);
  return { type: "trade", version: "v1", schema, required: set, sha256: "", text };
}

const REFUSED: [string, string, RegExp][] = [
  ["a struct behind a pointer", "x @0 :Trade;", /no rule .* field "x" \(@0\)/],
  ["a list of texts", "x @0 :List(Text);", /no rule/],
  ["a float with a default", "x @0 :Float64 = 1.5;", /no rule/],
  ["a negative zero as default", "x @0 :Float64 = -0.0;", /no rule/],
  ["a 64-bit number with a default", "x @0 :UInt64 = 5;", /no rule/],
  ["a signed number", "x @0 :Int32;", /no rule/],
  ["a text with a default", 'x @0 :Text = "y";', /no rule/],
  ["an enum with a default", "x @0 :E = b;", /no rule/],
  ["levels with a text", "x @0 :List(L);", /no rule/],
];
for (const [what, field, message] of REFUSED) {
  Deno.test(`${what} has no generated code and is refused`, () => {
    const text = `@0xb1f3a3c0d1e400ff; enum E { a @0; b @1; } struct L { t @0 :Text; }
      struct Trade { ${field} }`;
    const schema = parseSchema("trade.capnp", text);
    assert.throws(() => emitRecord(sourceOf(schema, text)), {
      code: "CODEC_SCHEMA_UNSUPPORTED",
      message,
    });
  });
}

Deno.test("a schema without the struct of its file's name is refused", () => {
  const text = "@0xb1f3a3c0d1e400ff; struct Treat {}";
  const schema = parseSchema("trade.capnp", text);
  assert.throws(() => emitRecord(sourceOf(schema, text)), {
    message: 'trade.capnp has no struct for "trade"',
  });
});

Deno.test("defaults of small numbers and bits become XOR", () => {
  const text = `@0xb1f3a3c0d1e400ff; struct Trade { a @0 :Bool = true; b @1 :UInt16 = 513;
    c @2 :UInt8; d @3 :Bool; }`;
  const schema = parseSchema("trade.capnp", text);
  const code = emitRecord(sourceOf(schema, text));
  assert.ok(code.includes("a: !readBit(view, at + 0, end, 1),"));
  assert.ok(code.includes("writeBit(view, at + 0, 1, !event.a);"));
  assert.ok(code.includes("b: (readUint16(view, at + 2, end) ^ 513) >>> 0,"));
  assert.ok(code.includes('view.setUint8(at + 1, checkedUint(event.c, 255, "c"));'));
  assert.ok(code.includes("writeBit(view, at + 0, 2, event.d);"));
});

Deno.test("an appended field is a property only if it is not its default", () => {
  const text = `@0xb1f3a3c0d1e400ff; enum E { a @0; b @1; } struct Trade { first @0 :Text;
    x @1 :Float64 = nan; n @2 :Int64 = -1; flag @3 :Bool; e @4 :E; untilNs @5 :UInt64; t @6 :Text; }`;
  const code = emitRecord(sourceOf(parseSchema("trade-v2.capnp", text), text, ["first"]));
  for (
    const line of [
      "if (x !== null) event.x = x;",
      "if (n !== null) event.n = n;",
      "event.flag = true;",
      "if (e !== undefined) event.e = e;",
      "if (untilUs !== 0) event.untilUs = untilUs;",
      'if (t !== "") event.t = t;',
      "    case undefined:\n      return 0;",
      'out.text(at + 40, event.t ?? "");',
    ]
  ) assert.ok(code.includes(line), line);
});

for (
  const field of ["x @0 :Float64;", "x @0 :UInt32 = 4;", "x @0 :Bool = true;", "x @0 :List(L);"]
) {
  Deno.test(`appended, ${field} cannot tell its default from absent and is refused`, () => {
    const text = `@0xb1f3a3c0d1e400ff; struct L { t @0 :UInt8; } struct Trade { ${field} }`;
    const source = sourceOf(parseSchema("trade-v2.capnp", text), text, []);
    assert.throws(() => emitRecord(source), { code: "CODEC_SCHEMA_UNSUPPORTED" });
  });
}
