import { assertFires, scenario } from "@ssmd/signal";
import volumeSpike from "./volume_spike.ts";

Deno.test("volume_spike fires at the next second after five trades of four times the usual", () => {
  const records = scenario`
    market kraken BTCUSD
    0s      trade 100 x 1 sell
    60s     trade 100 x 1 sell
    119s    trade 100 x 1 sell
    125s    trade 100 x 2 buy
    125.1s  trade 100 x 2 buy
    125.2s  trade 100 x 2 buy
    125.3s  trade 100 x 2 buy
    131s    wait
  `;
  // The one of 119 s is of the last ten seconds, too: 9 of 10 in two minutes.
  assertFires(volumeSpike, records, [{
    at: "126s",
    values: { buyShare: 8 / 9, times: 9 / (10 / 12), volume: 9 },
  }]);
});

Deno.test("volume_spike is silent on few trades", () => {
  const records = scenario`
    market kraken BTCUSD
    0s      trade 100 x 1 sell
    121s    trade 100 x 50 buy
    125s    wait
  `;
  assertFires(volumeSpike, records, []);
});
