import assert from "node:assert/strict";
import fc from "fast-check";
import { decimalsOfText, powerOfTen, stepsOf, stepsOfText, valueOf } from "./decimal.ts";

/** A decimal text of up to 15 significant digits and its digits after the point. */
const decimal = fc.tuple(
  fc.integer({ min: 0, max: 999_999_999_999_999 }),
  fc.integer({ min: 0, max: 12 }),
).map(([steps, decimals]) => {
  const digits = String(steps).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const text = decimals === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return { steps, decimals, text };
});

Deno.test("a decimal of up to 15 digits goes to steps and back as the same decimal", () => {
  fc.assert(fc.property(decimal, ({ steps, decimals, text }) => {
    assert.equal(stepsOfText(text, decimals), steps);
    assert.equal(stepsOf(Number(text), decimals), steps);
    assert.equal(valueOf(steps, decimals), Number(text));
    assert.equal(decimalsOfText(text), decimals);
  }));
});

Deno.test("texts that are no plain decimal of that scale are not a number", () => {
  for (const text of ["", "-", ".", "1e5", "0x1", " 1", "1.2.3", "0.001", "9".repeat(20), "NaN"]) {
    assert.ok(Number.isNaN(stepsOfText(text, 2)), text);
  }
  assert.equal(stepsOfText("-100.00", 2), -10000);
  assert.equal(stepsOfText("0.1000", 2), 10);
});

Deno.test("digits after the point are counted in exponent form too", () => {
  assert.equal(decimalsOfText("1e-08"), 8);
  assert.equal(decimalsOfText("1.5E-7"), 8);
  assert.equal(decimalsOfText("63005.0"), 1);
  assert.equal(decimalsOfText("7"), 0);
  assert.equal(decimalsOfText("+1.50"), 2);
  for (const text of ["", "E:", "1e", "e5", "1e-", "1.5.5", "1.5x"]) {
    assert.equal(decimalsOfText(text), 0, text);
  }
  assert.throws(() => powerOfTen(23), RangeError);
});
