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

Deno.test("all times of answers are texts, and values that authors of signals named are left alone", () => {
  const ms = 1796061539957.302;
  const named = { from: 0.45, to: 0.5, time: 7, at: 1 };
  const { data } = JSON.parse(boundedText({
    data: {
      fires: [{ ts: ms, recv_ts: ms, cause_recv_ts: ms, values: named }],
      signals: [{ last_fire: ms, params: named }],
      markets: [{ state_unknown_since: ms, updated: ms }],
      feeds: [{ connection: { since: ms, next_try: ms } }],
    },
    condition: "live",
  }));
  const text = "2026-11-30T17:58:59.957302Z";
  assert.deepEqual(data, {
    fires: [{ ts: text, recv_ts: text, cause_recv_ts: text, values: named }],
    signals: [{ last_fire: text, params: named }],
    markets: [{ state_unknown_since: text, updated: text }],
    feeds: [{ connection: { since: text, next_try: text } }],
  });
});
