import { assertFires, scenario } from "@ssmd/signal";
import momentumBurst from "./momentum_burst.ts";

Deno.test("momentum_burst fires when the middle ran a tenth of a percent in ten seconds", () => {
  const records = scenario`
    market kraken BTCUSD
    0s    book 99999x1 | 100001x1
    11s   delta bid 99998x1
    12s   delta bid 100099x1 99999x0 99998x0 ask 100001x0 100101x1
    13s   delta bid 100098x1
  `;
  assertFires(momentumBurst, records, [{
    at: "12s",
    values: { change: 0.001, direction: "up", price: 100_100 },
  }]);
});

Deno.test("momentum_burst knows a fall, and says nothing before it knows ten seconds", () => {
  const records = scenario`
    market kraken BTCUSD
    0s    book 99999x1 | 100001x1
    5s    book 99899x1 | 99901x1
    16s   delta bid 99898x1
    17s   book 99699x1 | 99701x1
  `;
  assertFires(momentumBurst, records, [{
    at: "17s",
    values: { change: -0.002002002002002002, direction: "down", price: 99_700 },
  }]);
});
