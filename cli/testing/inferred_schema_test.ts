import assert from "node:assert/strict";
import { z } from "zod";
import { inferredSchema } from "./inferred_schema.ts";

Deno.test("a drafted schema takes the values that it was drafted from, and no others", () => {
  const values = [{ a: 1, b: ["x"], c: null }, { a: 1.5, b: [], c: { d: true } }];
  const schema = z.fromJSONSchema(inferredSchema(values) as never);
  for (const value of values) assert.ok(schema.safeParse(value).success);
  for (const value of [{}, { a: "1", b: [], c: null }, { a: 1, b: [1], c: null }]) {
    assert.equal(schema.safeParse(value).success, false);
  }
});

Deno.test("what is absent in some is optional, and an integer beside a number is a number", () => {
  assert.deepEqual(inferredSchema([{ a: 1, b: "" }, { a: 0.5 }]), {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  });
});
