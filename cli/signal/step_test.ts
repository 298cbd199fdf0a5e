import assert from "node:assert/strict";
import type { MarketEvent } from "@ssmd/market";
import type { BacktestStep } from "@ssmd/signals";
import { Stepper } from "./step.ts";

function step(sequence: number, hasFired = false): BacktestStep {
  const record: MarketEvent = {
    ...{ type: "trade", timestampUs: 0, receivedAtUs: sequence * 1e6, feed: "kalshi" },
    ...{ symbol: "KXA", sequence, price: 0.5, size: 1, side: "buy", tradeId: String(sequence) },
  };
  const fire = { signal: "mine", values: '{"a":1}' } as BacktestStep["fires"][number];
  const state = { trades: { last: 0.5, high: null } };
  return {
    record,
    fires: hasFired ? [fire] : [],
    instances: [{
      ...{ signal: "mine", feed: "kalshi", symbol: "KXA", isReady: true, condition: false, state },
    }],
  };
}

Deno.test("Enter goes on, a number skips as many unless one fires, q ends", async () => {
  const texts: string[] = [];
  async function* answers() {
    yield* ["", "3", "", "q"];
  }
  const stepper = new Stepper((text) => texts.push(text), answers());
  const results: boolean[] = [];
  for (let i = 1; i <= 5; i++) results.push(await stepper.show(step(i, i === 4)));
  assert.deepEqual(results, [true, true, true, true, false]);
  assert.equal(texts.length, 4);
  assert.match(texts[0] ?? "", /KXA trade .*\n {2}mine: condition false .*"last":0.5,"high":null/);
  assert.match(texts[2] ?? "", /FIRE mine \{"a":1\}/);
});
