import { assertFires, scenario, withParams } from "@ssmd/signal";
import priceCrosses from "./price_crosses.ts";

const RECORDS = scenario`
  market kalshi KXBTC15M-A
  0s   trade 0.48 x 1 buy
  2s   trade 0.49 x 1 buy
  3s   trade 0.50 x 1 buy
  4s   trade 0.51 x 1 buy
  5s   trade 0.30 x 1 sell
  6s   trade 0.55 x 1 buy
`;

Deno.test("price_crosses fires at each crossing from below", () => {
  assertFires(priceCrosses, RECORDS, [
    { at: "3s", values: { price: 0.5 } },
    { at: "6s", values: { price: 0.55 } },
  ]);
});

Deno.test("price_crosses takes another price from its environment", () => {
  assertFires(withParams(priceCrosses, { price: 0.52 }), RECORDS, [{ at: "6s" }]);
});
