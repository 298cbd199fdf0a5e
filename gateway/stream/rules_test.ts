import assert from "node:assert/strict";
import fc from "fast-check";
import type { Mode } from "../protocol/requests.ts";
import { Rules } from "./rules.ts";

const SYMBOLS = ["A", "AB", "ABC", "B", "BC"];
const pattern = fc.constantFrom("*", "A*", "AB*", "B*", ...SYMBOLS);
const mask = fc.integer({ min: 1, max: 31 });
const request = fc.record({
  pattern,
  types: mask,
  mode: fc.constantFrom<Mode | "off">("realtime", "conflated", "off"),
});

Deno.test("for each market and type the newest request that covers it decides", () => {
  fc.assert(fc.property(fc.array(request, { maxLength: 20 }), (requests) => {
    const rules = new Rules();
    for (const { pattern, types, mode } of requests) {
      if (mode === "off") rules.remove(pattern, types);
      else rules.add(pattern, types, mode);
    }
    for (const symbol of SYMBOLS) {
      const wanted = { realtime: 0, conflated: 0 };
      for (const { pattern, types, mode } of requests) {
        const covers = pattern.endsWith("*")
          ? symbol.startsWith(pattern.slice(0, -1))
          : pattern === symbol;
        if (!covers) continue;
        wanted.realtime &= ~types;
        wanted.conflated &= ~types;
        if (mode !== "off") wanted[mode as "realtime" | "conflated"] |= types;
      }
      assert.deepEqual(rules.interestIn(symbol), wanted);
    }
  }));
});

Deno.test("what was taken back entirely leaves nothing behind", () => {
  const rules = new Rules();
  rules.add("A*", 31, "realtime");
  rules.add("B", 1, "conflated");
  rules.remove("AB", 31);
  rules.remove("*", 31);
  assert.deepEqual([rules.prefixCount, rules.exactCount], [0, 0]);
});
