import assert from "node:assert/strict";
import { ExpressionError, parseExpression, type Scope } from "./expression.ts";
import { PRICE, SIZE, unitText } from "./unit.ts";

const SCOPE: Scope = {
  names: new Map([
    ["bid", { slot: 0, unit: PRICE }],
    ["ask", { slot: 1, unit: PRICE }],
    ["bid_size", { slot: 2, unit: SIZE }],
  ]),
  calculated: new Map(),
  windowSlot: (name, ms) => (name === "vwap" && ms === 60_000 ? 3 : 4),
};
const VALUES = Float64Array.of(10, 12, 5, 11);

function answer(text: string): [number, string] {
  const { unit, evaluate } = parseExpression(text, SCOPE);
  return [evaluate(VALUES), unitText(unit)];
}

/** Characters before the mistake, and what is said of it. */
function mistake(text: string): [number, string] {
  try {
    parseExpression(text, SCOPE);
  } catch (error) {
    if (error instanceof ExpressionError) return [error.offset, error.message];
  }
  throw new Error(`${text} is read`);
}

Deno.test("an expression is read with the usual precedence and knows what it measures", () => {
  assert.deepEqual(answer("1 + 2 * 3 - -4 / 2"), [9, "number"]);
  assert.deepEqual(answer("(bid + ask) / 2"), [11, "price"]);
  assert.deepEqual(answer("mid"), [11, "price"]);
  assert.deepEqual(answer("ask - bid - 0.5 * bid"), [-3, "price"]);
  assert.deepEqual(answer("bid * bid_size"), [50, "price·size"]);
  assert.deepEqual(answer("bid_size / bid / bid"), [0.05, "price^-2·size"]);
  assert.deepEqual(answer("max(bid, ask) / min(bid, abs(-ask))"), [1.2, "number"]);
  assert.deepEqual(answer("vwap(1m) - bid"), [1, "price"]);
});

Deno.test("what was calculated before is read, and not calculated again", () => {
  const calculated = new Map([["(#1-#0)", 4], ["((#0+#1)/2)", 5]]);
  const read = (text: string) => {
    const { evaluate } = parseExpression(text, { ...SCOPE, calculated });
    // Values that no calculation gives: those of the places.
    return evaluate(Float64Array.of(10, 12, 5, 11, 8, 4));
  };
  assert.equal(read("spread_bps"), 20_000);
  assert.equal(read("mid + (ask - bid)"), 12);
  assert.equal(read("bid - ask"), -2);
  assert.equal(read("(bid + ask) / 4"), 5.5);
});

Deno.test("what is wrong with an expression is told at its place", () => {
  assert.deepEqual(mistake("bid + bid_size"), [
    4,
    '"+" joins price and size, which are no one unit',
  ]);
  assert.match(mistake("2 * (bid")[1], /"\)" is missing/);
  assert.deepEqual(mistake("bid + 1")[0], 4);
  assert.deepEqual(mistake("bid ask"), [4, "An operator (+ - * /) is missing before ask"]);
  assert.deepEqual(mistake("bid * "), [6, "A value is missing before the end"]);
  assert.match(mistake("bdi - ask")[1], /no value "bdi". Did you mean "bid"/);
  assert.deepEqual(mistake("bid & ask"), [4, '"&" has no meaning here']);
  assert.deepEqual(mistake("2 * vwap(2h)")[0], 9);
  assert.deepEqual(mistake("min(bid)"), [0, "min takes 2 values, not 1"]);
  assert.match(mistake("avg(bid)")[1], /no function "avg"/);
});
