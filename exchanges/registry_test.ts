import assert from "node:assert/strict";
import { PARSERS, venueOfParser } from "./registry.ts";

Deno.test("a feed's parser tells its venue, of each wire format the venue spoke", () => {
  assert.equal(venueOfParser("kraken-v2").id, "kraken");
  assert.equal(venueOfParser("kalshi-2021").id, "kalshi");
  assert.equal(venueOfParser("kalshi-2026-03-12").id, "kalshi");
  assert.equal(new Set(PARSERS).size, PARSERS.length);
});

Deno.test("a parser that is not built in is refused with the nearest that is", () => {
  assert.throws(
    () => venueOfParser("kraken-v3"),
    (error: { code: string; hint: string }) =>
      error.code === "PARSER_UNKNOWN" && error.hint.includes('did you mean "kraken-v2"?'),
  );
});
