import type { OrderPlan } from "../model/order_plan.ts";
import type { TradingOptions } from "../options.ts";
import { type Account, type Fill, moneyOf, type Order, type OrderRequest } from "./engine.ts";
import { type FeeRates, feeRates, RATE_WHOLE } from "./fee_rates.ts";

/** Balances are in 10^-10 of an asset. */
export const BALANCE_DECIMALS = 10;
/** Initial balance of every quote currency, if none is given. */
const START_BALANCE = 100_000;

/** Account of assets traded for each other, without credit. */
export class SpotAccount implements Account {
  /** By asset, in 10^-10. */
  readonly balances: Map<string, bigint> = new Map();
  #fees: FeeRates;

  constructor(
    symbols: readonly string[],
    { balances, ...fees }: Pick<TradingOptions, "balances" | "makerFee" | "takerFee">,
  ) {
    this.#fees = feeRates(fees);
    const pairs = symbols.map(assetsOf);
    // Quotes second: the base of one pair may be the quote of another.
    const start = balances ?? Object.fromEntries([
      ...pairs.map(([base]) => [base, 0] as const),
      ...pairs.map(([, quote]) => [quote, START_BALANCE] as const),
    ]);
    for (const [asset, amount] of Object.entries(start)) this.balances.set(asset, steps(amount));
  }

  /** Amounts reserved for open orders, by asset. */
  held(open: Iterable<Order>): Map<string, bigint> {
    const held = new Map<string, bigint>();
    for (const order of open) {
      const { asset, amount } = this.#need(order, moneyOf(order.market, order.price, order.left));
      held.set(asset, (held.get(asset) ?? 0n) + amount);
    }
    return held;
  }

  covers(request: OrderRequest, { fills }: OrderPlan, open: Iterable<Order>): boolean {
    const { market, limit, size } = request;
    const cost = limit === undefined
      ? fills.reduce((sum, fill) => sum + moneyOf(market, fill.price, fill.size), 0n)
      : moneyOf(market, limit, size);
    const { asset, amount } = this.#need({ ...request, left: size }, cost);
    return (this.balances.get(asset) ?? 0n) - (this.held(open).get(asset) ?? 0n) >= amount;
  }

  /** Asset and amount that an order needs; money includes the higher fee. */
  #need({ market, buys, left }: OrderRequest & { left: number }, cost: bigint) {
    const [base, quote] = assetsOf(market.spec.external);
    if (!buys) return { asset: base, amount: sizeOf(market.spec.sizeDecimals, left) };
    const { maker, taker } = this.#fees;
    return { asset: quote, amount: cost + feeOf(cost, maker > taker ? maker : taker) };
  }

  feeOf({ market }: OrderRequest, fill: { price: number; size: number; isMaker: boolean }): bigint {
    const { maker, taker } = this.#fees;
    return feeOf(moneyOf(market, fill.price, fill.size), fill.isMaker ? maker : taker);
  }

  book({ order: { buys, market }, size, cost, fee }: Fill): void {
    const [base, quote] = assetsOf(market.spec.external);
    const amount = sizeOf(market.spec.sizeDecimals, size);
    this.#add(base, buys ? amount : -amount);
    this.#add(quote, (buys ? -cost : cost) - fee);
  }

  #add(asset: string, amount: bigint): void {
    this.balances.set(asset, (this.balances.get(asset) ?? 0n) + amount);
  }
}

function assetsOf(symbol: string): [string, string] {
  const [base = symbol, quote = "USD"] = symbol.split("/");
  return [base, quote];
}

function steps(amount: number): bigint {
  return BigInt(Math.round(amount * 1e8)) * 100n;
}

function sizeOf(decimals: number, size: number): bigint {
  return BigInt(size) * 10n ** BigInt(BALANCE_DECIMALS - decimals);
}

/** Rounds up, in the venue's favor. */
function feeOf(cost: bigint, rate: bigint): bigint {
  return (cost * rate + RATE_WHOLE - 1n) / RATE_WHOLE;
}
