import type { KeySpec } from "@ssmd/metadata";
import assert from "node:assert/strict";
import { valuesOf } from "./value_input.ts";

const SECRET = "s3cr3t-planted";
const TWO: KeySpec = {
  type: "api_key",
  fields: ["key_id", "private_key"],
  required: true,
  source: "env",
};
const ONE: KeySpec = { ...TWO, fields: ["token"] };

function read(text: string, spec: KeySpec, field?: string): Record<string, string> {
  return Object.fromEntries(valuesOf(text, spec, field));
}

Deno.test("several fields come as YAML or JSON, and stay texts", () => {
  const expected = { key_id: "0123", private_key: "a\nb\n" };
  assert.deepEqual(read("key_id: 0123\nprivate_key: |\n  a\n  b\n", TWO), expected);
  assert.deepEqual(read('{"key_id":"0123","private_key":"a\\nb\\n"}', TWO), expected);
  assert.deepEqual(read("key_id: true\n", TWO), { key_id: "true" });
});

Deno.test("one field is all of stdin, without the last line end", () => {
  assert.deepEqual(read("a: b\n\n", TWO, "key_id"), { key_id: "a: b\n" });
  assert.deepEqual(read("abc: def\r\n", ONE), { token: "abc: def" });
  assert.deepEqual(read("token: abc\n", ONE), { token: "abc" });
});

Deno.test("what is no map of the fields is refused without a piece of it", () => {
  const texts = [
    SECRET,
    `key_id: "${SECRET}`,
    `[${SECRET}]`,
    `key: ${SECRET}`,
    `key_id: {a: ${SECRET}}`,
  ];
  for (const text of [...texts, `key_id: *${SECRET}`, ""]) {
    assert.throws(() => valuesOf(text, TWO), (error: Error & { code: string; hint: string }) => {
      assert.equal(error.code, "KEY_INPUT_INVALID");
      return !`${error.message}${error.hint}${error.cause}`.includes(SECRET);
    }, text);
  }
});

Deno.test("an empty value is none", () => {
  assert.throws(() => valuesOf("key_id:\nprivate_key: x\n", TWO), /Nothing was given for key_id/);
  assert.throws(() => valuesOf("\n", ONE), /Nothing was given for token/);
});
