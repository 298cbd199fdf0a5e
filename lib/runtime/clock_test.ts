import assert from "node:assert/strict";
import { isoOfUs, usOfIso } from "./clock.ts";

const US = Date.UTC(2026, 7, 1, 2, 53, 53) * 1000 + 646_219;

Deno.test("a time is read to the microsecond, with any zone and number of decimals", () => {
  assert.equal(usOfIso("2026-08-01T02:53:53.646219Z"), US);
  assert.equal(usOfIso("2026-08-01T02:53:53.646219999Z"), US);
  assert.equal(usOfIso("2026-08-01T04:53:53.646219+02:00"), US);
  assert.equal(usOfIso("2026-08-01T02:53:53.6Z"), US - 46_219);
  assert.equal(usOfIso("2026-08-01T02:53:53Z"), US - 646_219);
  assert.equal(isoOfUs(US), "2026-08-01T02:53:53.646219Z");
});

Deno.test("a day that does not exist is no time, not the day after the month's end", () => {
  for (const day of ["2026-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-01-32"]) {
    for (const rest of ["00:00:00Z", "00:00:00.5Z", "23:30:00-05:00", "00:30:00.25+05:00"]) {
      assert.ok(Number.isNaN(usOfIso(`${day}T${rest}`)), `${day}T${rest}`);
    }
  }
  assert.equal(usOfIso("2028-02-29T00:00:00Z"), Date.UTC(2028, 1, 29) * 1000);
  assert.equal(usOfIso("2026-12-31T23:30:00-05:00"), Date.UTC(2027, 0, 1, 4, 30) * 1000);
});
