import assert from "node:assert/strict";
import { changeText, valueChanges } from "./changes.ts";

function words(before: unknown, after: unknown): string[] {
  return valueChanges(before, after).map(changeText);
}

Deno.test("changes are told by path, with what was and what is", () => {
  const before = { name: "a", symbols: { "KX-T1.5": { depth: 10 }, B: { tier: 1 } }, feeds: ["x"] };
  const after = { name: "a", symbols: { "KX-T1.5": { depth: 25 } }, feeds: ["x", "y"], port: 1 };
  assert.deepEqual(words(before, after), [
    'symbols["KX-T1.5"].depth: 10 → 25',
    'symbols.B: removed, was {"tier":1}',
    'feeds: ["x"] → ["x","y"]',
    "port: added 1",
  ]);
});

Deno.test("list items with a name are compared by it, wherever they stand", () => {
  const one = { from: "2026-01-01", parser: "a" };
  const two = { from: "2026-02-01", parser: "b" };
  assert.deepEqual(words({ versions: [two] }, { versions: [one, two] }), [
    'versions.2026-01-01: added {"from":"2026-01-01","parser":"a"}',
  ]);
});

Deno.test("what may be a secret is not repeated, references are", () => {
  const before = { credentials: { kalshi: { key_id: "hunter2" } } };
  const after = { credentials: { kalshi: { key_id: "$key:kalshi.key_id" } } };
  assert.deepEqual(words(before, after), ["credentials.kalshi.key_id: … → $key:kalshi.key_id"]);
});

Deno.test("equal values have no change", () => {
  assert.deepEqual(words({ a: [{ b: 1 }] }, { a: [{ b: 1 }] }), []);
});
