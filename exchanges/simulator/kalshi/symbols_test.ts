import assert from "node:assert/strict";
import { ModelMarket } from "../model/market.ts";
import { Random } from "../model/prng.ts";
import { readKalshiOrder } from "./order_request.ts";
import { kalshiMarket } from "./symbols.ts";

Deno.test("a market takes orders at the edges of the price grid that it has now", () => {
  const spec = kalshiMarket({ external: "KXA-1-T1", price: 0.5, structure: "linear_cent" });
  const market = new ModelMarket(spec, new Random(1, "market"));
  const takes = (yes_price_dollars: string) =>
    "market" in readKalshiOrder(market, {
      ...{ ticker: "KXA-1-T1", side: "yes", action: "buy", count: 1, yes_price_dollars },
    });
  const edges = () => ["0.0010", "0.0100", "0.9900", "0.9990"].map(takes);
  assert.deepEqual(edges(), [false, true, true, false]);
  for (const finer of ["deci_cent", "tapered_deci_cent"]) {
    spec.restructure?.(finer);
    assert.deepEqual(edges(), [true, true, true, true], finer);
  }
  spec.restructure?.("linear_cent");
  assert.deepEqual(edges(), [false, true, true, false]);
});
