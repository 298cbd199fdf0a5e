import { assertFires, scenario } from "@ssmd/signal";
import spreadWidens from "./spread_widens.ts";

Deno.test("spread_widens fires once when a wide book meets one-sided flow, and says how", () => {
  const records = scenario`
    market kalshi KXBTC15M-A
    0s    book 0.40x100 0.39x50 | 0.42x80
    0s    trade 0.42 x 5 buy
    61s   trade 0.42 x 5 buy
    62s   delta ask 0.42x0 0.44x80      # 4 cents wide
    63s   delta bid 0.40x0              # wider: no new edge
    64s   delta ask 0.41x10             # 2 cents
    65s   delta ask 0.41x0              # wide again within the cooldown
  `;
  assertFires(spreadWidens, records, [{ at: "62s", values: { buyShare: 1, spread: 0.04 } }]);
});

Deno.test("spread_widens is silent while buyers and sellers are even", () => {
  const records = scenario`
    market kalshi KXBTC15M-A
    0s    book 0.40x100 | 0.42x80
    0s    trade 0.42 x 5 buy
    61s   trade 0.42 x 5 buy
    61s   trade 0.42 x 5 sell
    62s   delta ask 0.42x0 0.44x80
  `;
  assertFires(spreadWidens, records, []);
});

Deno.test("spread_widens fires on no edge that lies over a gap", () => {
  const records = scenario`
    market kalshi KXBTC15M-A
    0s    book 0.40x100 | 0.42x80
    0s    trade 0.42 x 5 buy
    61s   trade 0.42 x 5 buy
    62s   gap disconnect
    63s   book 0.40x100 | 0.45x80
    64s   trade 0.42 x 5 buy
    100s  trade 0.42 x 5 buy
    125s  delta bid 0.39x1              # warm again, and true all the time
    126s  trade 0.42 x 5 buy
  `;
  assertFires(spreadWidens, records, []);
});
