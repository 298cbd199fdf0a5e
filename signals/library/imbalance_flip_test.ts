import { assertFires, scenario } from "@ssmd/signal";
import imbalanceFlip from "./imbalance_flip.ts";

Deno.test("imbalance_flip fires when bids outweigh asks four to one", () => {
  const records = scenario`
    market kraken BTCUSD
    0s   book 100x1 | 101x4
    1s   delta bid 100x10 ask 101x3
    2s   delta bid 100x12
    7s   delta ask 101x20
    8s   delta bid 100x80
  `;
  assertFires(imbalanceFlip, records, [
    { at: "2s", values: { imbalance: 0.6, mid: 100.5 } },
    { at: "8s", values: { imbalance: 0.6, mid: 100.5 } },
  ]);
});

Deno.test("imbalance_flip asks nothing of a crossed book", () => {
  const records = scenario`
    market kraken BTCUSD
    0s   book 100x1 | 101x4
    1s   delta bid 102x90
    2s   delta ask 101x0 103x1
  `;
  assertFires(imbalanceFlip, records, []);
});
