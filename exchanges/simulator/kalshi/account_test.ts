import assert from "node:assert/strict";
import { ModelExchange } from "../model/exchange.ts";
import type { ModelMarket } from "../model/market.ts";
import { Random } from "../model/prng.ts";
import type { Fill, Order } from "../trading/engine.ts";
import { ContractAccount } from "./account.ts";
import { kalshiMarket } from "./symbols.ts";

const START = 1_000n * 10n ** 10n;

function market(): ModelMarket {
  const specs = [kalshiMarket({ external: "KXA-1-T1", structure: "deci_cent" })];
  return new ModelExchange({ seed: 1, specs, ratePerSecond: 1 }).markets[0] as ModelMarket;
}

for (const result of ["yes", "no"]) {
  Deno.test(`kalshi: whatever was bought and sold, a result of ${result} pays what contracts are worth`, () => {
    const account = new ContractAccount({ balances: { USD: 1000 }, makerFee: 0, takerFee: 7 });
    const of = market();
    const random = new Random(5, result);
    let expected = START;
    for (let i = 0; i < 2000; i++) {
      const [buys, price, size] = [
        random.unit() < 0.5,
        1 + random.below(999),
        1 + random.below(500),
      ];
      const fee = account.feeOf(undefined, { price, size, isMaker: false });
      account.book({ order: { market: of, buys } as Order, price, size, fee } as Fill);
      // A contract bought at a price wins what is left to its worth; one sold loses that.
      const won = BigInt((result === "yes" ? 1000 : 0) - price) * BigInt(size) * 100_000n;
      expected += (buys ? won : -won) - fee;
    }
    const { cost, fees, realized, volume } = account.positions.get("KXA-1-T1") ?? assert.fail();
    const left = account.settle(of, { result, nowUs: 7 });
    assert.equal(account.cash, expected);
    assert.ok(cost > 0n && volume > 0 && realized !== 0n);
    // All that was won or lost is of contracts or a fee.
    assert.equal(START + (left?.realized ?? 0n) - fees, expected);
    assert.deepEqual([left?.size, left?.cost, left?.atUs], [0, 0n, 7]);
    assert.equal(account.positions.size, 0);
  });
}

Deno.test("kalshi: the fee is the venue's formula rounded up to a cent", () => {
  const account = new ContractAccount({ makerFee: 0, takerFee: 7 });
  const cents = (price: number, contracts: number) =>
    Number(account.feeOf(undefined, { price, size: contracts * 100, isMaker: false })) / 1e8;
  // The table of the venue's fee schedule: 100 contracts at 1, 25, 50 and 99 cents; one at 50.
  assert.deepEqual(
    [cents(10, 100), cents(250, 100), cents(500, 100), cents(990, 100), cents(500, 1)],
    [7, 132, 175, 7, 2],
  );
});

Deno.test("kalshi: closing a position needs no money, opening the other side does", () => {
  const account = new ContractAccount({ balances: { USD: 10 }, makerFee: 0, takerFee: 0 });
  const of = market();
  const order = (buys: boolean, price: number, contracts: number) => ({
    ...{ market: of, buys, size: contracts * 100, limit: price, immediate: false, postOnly: false },
  });
  const plan = { fills: [], end: "limit" } as const;
  const covers = (buys: boolean, price: number, contracts: number) =>
    account.covers(order(buys, price, contracts), { ...plan, fills: [] }, []);
  assert.deepEqual([covers(true, 500, 20), covers(true, 500, 21)], [true, false]);
  assert.deepEqual([covers(false, 900, 100), covers(false, 900, 101)], [true, false]);
  account.book(
    { order: { market: of, buys: true } as Order, price: 500, size: 2000, fee: 0n } as Fill,
  );
  assert.deepEqual([covers(false, 900, 20), covers(false, 900, 21)], [true, false]);
});
