import assert from "node:assert/strict";
import { figiCheckDigit, figiProblem } from "./figi.ts";

Deno.test("FIGIs that were issued are right", () => {
  // Of the symbology's own examples and of recorded answers of OpenFIGI.
  for (const figi of ["BBG000B9XRY4", "BBG000BLNNH6", "BBG000BPH459", "BBG000BVPV84"]) {
    assert.equal(figiProblem(figi), undefined, figi);
  }
});

Deno.test("a wrong check digit is told with the right one", () => {
  assert.match(figiProblem("BBG00QFKJ5L8") ?? "", /BBG00QFKJ5L ends in 6/);
  assert.equal(figiProblem("BBG00QFKJ5L6"), undefined);
});

Deno.test("one wrong character is always found, unless it is another form", () => {
  const figi = "BBG000B9XRY4";
  for (let digit = 0; digit < 10; digit++) {
    const other = figi.slice(0, 11) + digit;
    assert.equal(figiProblem(other) === undefined, digit === figiCheckDigit(figi), other);
  }
});

Deno.test("what has not the form of a FIGI is refused", () => {
  for (
    const text of [
      "",
      "BBG000B9XRY",
      "bbg000b9xry4",
      "BBX000B9XRY4",
      "BAG000B9XRY4",
      "GBG000B9XRY4",
    ]
  ) {
    assert.notEqual(figiProblem(text), undefined, text);
  }
});
