import assert from "node:assert/strict";
import fc from "fast-check";
import { textOfSteps } from "@ssmd/market";
import { ReferenceBook } from "../testing/reference_book.ts";
import { bookChecksum, bookSnapshotFrame, DepthView } from "./book.ts";
import { KRAKEN_SYMBOLS, krakenMarket } from "./symbols.ts";
import { ModelMarket } from "../model/market.ts";
import { Random } from "../model/prng.ts";

Deno.test("a truncating client has every level of its depth, however events are grouped", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(10, 25, 100),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 5, maxLength: 60 }),
      (seed, depth, eachLevel, groups) => {
        const [first = { external: "BTC/USD" }] = KRAKEN_SYMBOLS;
        const spec = krakenMarket(first);
        const market = new ModelMarket(spec, new Random(seed, "property"));
        const view = new DepthView(market.book, depth);
        market.observers.push(view);
        const client = new ReferenceBook(depth, eachLevel);
        client.apply(
          bookSnapshotFrame("BTC/USD", market.book, { depth, precision: spec, timestamp: "t" }),
        );
        for (const count of groups) {
          for (let i = 0; i < count; i++) market.step(0.5);
          const frame = view.take(`"BTC/USD"`, spec, "t");
          if (frame !== undefined) client.apply(frame);
          assert.equal(client.checksum(), bookChecksum(market.book));
          for (const side of ["bids", "asks"] as const) {
            const { prices, sizes } = market.book[side];
            const expected = prices.slice(0, depth).map((price, i) => [
              textOfSteps(price, spec.priceDecimals),
              textOfSteps(sizes[i] ?? 0, spec.sizeDecimals),
            ]);
            assert.deepEqual(client.sorted(side), expected);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("decimal texts keep their trailing zeros", () => {
  assert.equal(textOfSteps(630059, 1), "63005.9");
  assert.equal(textOfSteps(39677, 8), "0.00039677");
  assert.equal(textOfSteps(0, 8), "0.00000000");
  assert.equal(textOfSteps(-150, 2), "-1.50");
  assert.equal(textOfSteps(7, 0), "7");
});
