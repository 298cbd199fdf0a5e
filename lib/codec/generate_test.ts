import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EVENT_TYPES } from "@ssmd/market";
import { emitRecord } from "./emit.ts";
import { generate, staleIn } from "./generate.ts";
import { SCHEMAS } from "./mod.ts";
import { parseSchema } from "./schema/mod.ts";

Deno.test("the generated code is that of the registered schemas", () => {
  assert.deepEqual(staleIn(generate()), []);
});

Deno.test("SCHEMAS holds the text and hash of every registered schema", async () => {
  for (const type of EVENT_TYPES) {
    const url = new URL(`../../exchanges/schemas/${type}.capnp`, import.meta.url);
    const bytes = await Deno.readFile(url);
    const { text, sha256, version } = SCHEMAS[type];
    assert.equal(text, new TextDecoder().decode(bytes));
    assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
    assert.equal(version, "v1");
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
    assert.throws(() => emitRecord({ type: "trade", schema, sha256: "", text }), {
      code: "CODEC_SCHEMA_UNSUPPORTED",
      message,
    });
  });
}

Deno.test("a schema without the struct of its file's name is refused", () => {
  const text = "@0xb1f3a3c0d1e400ff; struct Treat {}";
  const schema = parseSchema("trade.capnp", text);
  assert.throws(() => emitRecord({ type: "trade", schema, sha256: "", text }), {
    message: 'trade.capnp has no struct for "trade"',
  });
});

Deno.test("defaults of small numbers and bits become XOR", () => {
  const text = `@0xb1f3a3c0d1e400ff; struct Trade { a @0 :Bool = true; b @1 :UInt16 = 513;
    c @2 :UInt8; d @3 :Bool; }`;
  const schema = parseSchema("trade.capnp", text);
  const code = emitRecord({ type: "trade", schema, sha256: "", text });
  assert.ok(code.includes("a: !readBit(view, at + 0, end, 1),"));
  assert.ok(code.includes("writeBit(view, at + 0, 1, !event.a);"));
  assert.ok(code.includes("b: (readUint16(view, at + 2, end) ^ 513) >>> 0,"));
  assert.ok(code.includes('view.setUint8(at + 1, checkedUint(event.c, 255, "c"));'));
  assert.ok(code.includes("writeBit(view, at + 0, 2, event.d);"));
});
