import assert from "node:assert/strict";
import fc from "fast-check";
import type { MarketEvent, Trade } from "@ssmd/market";
import { PriceHistoryBuilder } from "./price_history.ts";
import { StateReader, StateWriter } from "./state_bytes.ts";
import { VolumeProfileBuilder } from "./volume_profile.ts";

const START_US = 1_700_000_000_000_000;
const WINDOW_US = 1_000_000;

function trade(atUs: number, cents: number, size: number, side: Trade["side"] = "buy"): Trade {
  return {
    ...{ type: "trade", timestampUs: 0, receivedAtUs: atUs, feed: "kalshi", symbol: "KXA" },
    ...{ sequence: 1, price: cents / 100, size, side, tradeId: "" },
  };
}

const TRADES = fc.array(
  fc.record({
    afterUs: fc.integer({ min: 0, max: 60_000 }),
    cents: fc.integer({ min: 1, max: 99 }),
    size: fc.integer({ min: 1, max: 1000 }).map((each) => each / 100),
    side: fc.constantFrom("buy", "sell", "unknown"),
  }),
  { minLength: 1, maxLength: 200 },
).map((steps) => {
  let atUs = START_US;
  return steps.map(({ afterUs, cents, size, side }) =>
    trade(atUs += afterUs, cents, size, side as Trade["side"])
  );
});

/** The same builder, after its state went through bytes. */
function copied<Made extends { write(to: StateWriter): void; read(from: StateReader): void }>(
  from: Made,
  to: Made,
): Made {
  const writer = new StateWriter();
  from.write(writer);
  to.read(new StateReader(writer.finish()));
  return to;
}

Deno.test("a history of prices knows what a list of all prices knows, and so does its copy", () => {
  const resolutionUs = 7_000;
  const make = () =>
    new PriceHistoryBuilder({ source: "trade", windowUs: WINDOW_US, resolutionUs });
  const check = (trades: Trade[], agoUs: number) => {
    let history = make();
    for (const [i, each] of trades.entries()) {
      history.apply(each);
      if (i === trades.length >> 1) history = copied(history, make());
    }
    const nowUs = trades.at(-1)?.receivedAtUs ?? 0;
    history.advance(nowUs);
    const slotOf = (us: number) => Math.floor(us / resolutionUs);
    const until = (us: number) => trades.filter((each) => slotOf(each.receivedAtUs) <= slotOf(us));
    assert.equal(history.last, trades.at(-1)?.price);
    assert.equal(history.before(agoUs), until(nowUs - agoUs).at(-1)?.price ?? NaN);
    const begin = until(nowUs - WINDOW_US);
    const prices = [...begin.slice(-1), ...trades.slice(begin.length)].map(({ price }) => price);
    // Before the window is full, the first slot's last price is where it begins.
    if (begin.length > 0) {
      assert.deepEqual([history.high, history.low], [Math.max(...prices), Math.min(...prices)]);
    }
  };
  fc.assert(fc.property(TRADES, fc.integer({ min: resolutionUs, max: WINDOW_US }), check));
});

Deno.test("a profile of volume is the sum of the window's trades, and so is its copy's", () => {
  const make = () => new VolumeProfileBuilder({ windowUs: WINDOW_US, bucketSteps: 5e8 });
  const check = (trades: Trade[], laterUs: number) => {
    let profile = make();
    for (const [i, each] of trades.entries()) {
      profile.apply(each);
      if (i === trades.length >> 1) profile = copied(profile, make());
    }
    const nowUs = (trades.at(-1)?.receivedAtUs ?? 0) + laterUs;
    profile.advance(nowUs);
    const left = trades.filter(({ receivedAtUs }) => receivedAtUs > nowUs - WINDOW_US);
    const steps = (some: readonly Trade[]) =>
      some.reduce((sum, { size }) => sum + Math.round(size * 1e8), 0);
    assert.equal(profile.trades, left.length);
    for (const [i, side] of (["buy", "sell", "unknown"] as const).entries()) {
      const expected = steps(left.filter((each) => each.side === side));
      assert.equal(profile.stepsOfSide(i as 0 | 1 | 2), expected);
    }
    const cents = trades[0]?.price ?? 0;
    const bucket = (price: number) => Math.floor(Math.round(price * 100) / 5);
    const same = left.filter(({ price }) => bucket(price) === bucket(cents));
    assert.equal(profile.stepsAt(cents), steps(same));
  };
  fc.assert(fc.property(TRADES, fc.integer({ min: 0, max: WINDOW_US * 2 }), check));
});

Deno.test("a gap of trades makes both invalid, one of books does not", () => {
  const history = new PriceHistoryBuilder({
    ...{ source: "trade", windowUs: WINDOW_US, resolutionUs: 10_000 },
  });
  const profile = new VolumeProfileBuilder({ windowUs: WINDOW_US, bucketSteps: 1e8 });
  const gap = (channel: "trade" | "orderbook"): MarketEvent => ({
    ...{ type: "gap", timestampUs: 0, receivedAtUs: START_US, feed: "kalshi", symbol: "KXA" },
    ...{ sequence: 2, reason: "sequence", fromUs: START_US, toUs: START_US, missed: null },
    ...{ recovered: false, detail: "", channel },
  });
  for (const builder of [history, profile]) {
    assert.equal(builder.valid, false);
    builder.apply(trade(START_US, 50, 1));
    assert.equal(builder.valid, true);
    builder.apply(gap("orderbook"));
    assert.equal(builder.valid, true);
    builder.apply(gap("trade"));
    assert.equal(builder.valid, false);
  }
});
