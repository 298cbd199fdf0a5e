import assert from "node:assert/strict";
import { claimProblems, externalProblem, PARSERS, venueOfParser } from "./registry.ts";

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
      error.code === "PARSER_UNKNOWN" && error.hint.includes('Did you mean "kraken-v2"?'),
  );
});

Deno.test("a venue says what is wrong with a name of a market and what may be meant", () => {
  const kraken = (external: string) => externalProblem("kraken-v2", external);
  for (const right of ["BTC/USD", "1INCH/EUR", "AAPLx/USD", "PF.X/USDT"]) {
    assert.equal(kraken(right), undefined, right);
  }
  assert.match(kraken("XBT/USD") ?? "", /Did you mean "BTC\/USD"\?$/);
  assert.match(kraken("XDG/XBT") ?? "", /Did you mean "DOGE\/BTC"\?$/);
  assert.match(kraken("btc/usd") ?? "", /Did you mean "BTC\/USD"\?$/);
  assert.match(kraken("ADAUSD") ?? "", /Did you mean "ADA\/USD"\?$/);
  assert.match(kraken("BTC-USD") ?? "", /Did you mean "BTC\/USD"\?$/);
  assert.match(kraken("bitcoin") ?? "", /write it like "BTC\/USD"$/);
  assert.equal(externalProblem("kalshi-2026-03-12", "KXBTC-26DEC31-T99999.99"), undefined);
  assert.match(externalProblem("kalshi-2026-03-12", "kxfed-26") ?? "", /mean "KXFED-26"\?/);
});

Deno.test("a feed file that claims what its normalizer does not do is contradicted", () => {
  const problems = (parser: string, claims: object) =>
    claimProblems(parser, claims).map(({ field, message }) => `${field}: ${message}`);
  assert.deepEqual(problems("kraken-v2", { book_checksum: true }), []);
  assert.deepEqual(problems("kalshi-2026-03-12", { sequence_field: "seq" }), []);
  assert.deepEqual(problems("kalshi-2021", { sequence_field: "sid", book_checksum: true }), [
    'sequence_field: kalshi-2021 follows the field "seq", not "sid"',
    "book_checksum: kalshi-2021 verifies no checksum of books; leave it out",
  ]);
  assert.match(
    problems("kraken-v2", { sequence_field: "seq" })[0] ?? "",
    /follows no sequence number/,
  );
  const types = ["trade", "orderbook", "gap"];
  assert.match(
    problems("kraken-v2", { types })[0] ?? "",
    /^types: kraken-v2 always brings ticker, status, too; add/,
  );
  assert.deepEqual(problems("kraken-v2", { types: [...types, "ticker", "status"] }), []);
  assert.deepEqual(problems("nobodys-1", { book_checksum: true }), []);
});
