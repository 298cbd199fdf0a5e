import type { ModelMarket } from "../model/market.ts";
import type { OrderPlan } from "../model/order_plan.ts";
import type { TradingOptions } from "../options.ts";
import { type Account, type Fill, moneyOf, type OrderRequest } from "../trading/engine.ts";
import { type FeeRates, feeRates, RATE_WHOLE } from "../trading/fee_rates.ts";
import { DOLLAR } from "./symbols.ts";

const START_DOLLARS = 100_000;
/** In 10^-10 of a dollar. */
export const CENT = 100_000_000n;

type Need = Pick<OrderRequest, "market" | "buys"> & { price: number; left: number };

/**
 * Dollars and contracts. NO contracts are a negative position; a contract and its opposite make a
 * dollar at once. All money is in 10^-10 dollars.
 */
export class ContractAccount implements Account {
  cash: bigint;
  /** By ticker, hundredths of a contract. */
  readonly positions: Map<string, number> = new Map();
  #fees: FeeRates;

  constructor(
    { balances, ...fees }: Pick<TradingOptions, "balances" | "makerFee" | "takerFee">,
  ) {
    this.#fees = feeRates(fees);
    this.cash = BigInt(Math.round((balances?.["USD"] ?? START_DOLLARS) * 100)) * CENT;
  }

  /** What orders need: what they open, with the fee of takers; what closes a position is free. */
  held(orders: Iterable<Need>): bigint {
    const closable = new Map<string, number>();
    let held = 0n;
    for (const order of orders) {
      const { market, buys, price, left } = order;
      const key = `${market.spec.external} ${buys}`;
      const free = closable.get(key) ?? this.#opposite(market, buys);
      closable.set(key, Math.max(0, free - left));
      const opened = Math.max(0, left - free);
      held += moneyOf(market, buys ? price : DOLLAR - price, opened) +
        (opened === 0 ? 0n : this.feeOf(order, { price, size: opened, isMaker: false }));
    }
    return held;
  }

  covers(request: OrderRequest, _plan: OrderPlan, open: Iterable<Need>): boolean {
    const { limit: price = 0, size: left } = request;
    return this.held([...open, { ...request, price, left }]) <= this.cash;
  }

  /** The venue's rate times price and its distance to a dollar, rounded up to a cent. */
  feeOf(_: unknown, { price, size, isMaker }: { price: number; size: number; isMaker: boolean }) {
    const spread = BigInt(price) * BigInt(DOLLAR - price) * BigInt(size) * 100n;
    const fee = spread * (isMaker ? this.#fees.maker : this.#fees.taker);
    const cents = RATE_WHOLE * CENT;
    return (fee + cents - 1n) / cents * CENT;
  }

  book({ order: { market, buys }, price, size, fee }: Fill): void {
    const closed = Math.min(size, this.#opposite(market, buys));
    const paid = buys ? price : DOLLAR - price;
    this.cash += moneyOf(market, DOLLAR - paid, closed) - moneyOf(market, paid, size - closed) -
      fee;
    const { external } = market.spec;
    this.positions.set(external, (this.positions.get(external) ?? 0) + (buys ? size : -size));
  }

  /** A market ended: contracts of its result are a dollar each. */
  settle(market: ModelMarket, result: string | undefined): void {
    const { external } = market.spec;
    const position = this.positions.get(external) ?? 0;
    if ((position > 0) === (result === "yes")) {
      this.cash += moneyOf(market, DOLLAR, Math.abs(position));
    }
    this.positions.delete(external);
  }

  /** Contracts that an order in this direction would close. */
  #opposite({ spec }: ModelMarket, buys: boolean): number {
    const position = this.positions.get(spec.external) ?? 0;
    return Math.max(0, buys ? -position : position);
  }
}
