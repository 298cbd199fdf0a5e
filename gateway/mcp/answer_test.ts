import assert from "node:assert/strict";
import fc from "fast-check";
import { boundedText, fitting, type Found } from "./answer.ts";
import { MCP_LIMITS } from "./limits.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

Deno.test("an answer has as many records as fit, whatever their lengths, after a few tries", () => {
  const lengths = fc.array(fc.oneof(fc.nat(60), fc.nat(3000)), { minLength: 1, maxLength: 300 });
  fc.assert(fc.property(lengths, (all) => {
    const records = all.map((length, id) => ({ id, text: "x".repeat(length) }));
    let tries = 0;
    const found = (kept: readonly unknown[]): Found => {
      tries++;
      return { data: { records: kept }, condition: "live" };
    };
    const { answer, count } = fitting(records, found);
    assert.ok(tries <= 16, `${tries} tries for ${records.length} records`);
    const text = boundedText(answer);
    assert.ok(bytesOf(text) <= MCP_LIMITS.answerBytesMax);
    if (count === records.length) return;
    const more = boundedText(found(records.slice(0, count + 1)));
    assert.equal(JSON.parse(more).truncated, true, "one more would not fit");
  }));
});
