import type { ModelMarket } from "../model/market.ts";
import type { OrderPlan } from "../model/order_plan.ts";
import type { TradingOptions } from "../options.ts";
import { type Account, type Fill, moneyOf, type OrderRequest } from "../trading/engine.ts";
import { type FeeRates, feeRates, RATE_WHOLE } from "../trading/fee_rates.ts";
import { DOLLAR } from "./symbols.ts";

const START_DOLLARS = 100_000;
/** One cent, in 10^-10 dollars. */
export const CENT = 100_000_000n;

type Need = Pick<OrderRequest, "market" | "buys"> & { price: number; left: number };

/** Position of an account in a market; money in 10^-10 dollars. */
export interface ContractPosition {
  /** Hundredths of a contract; negative for NO contracts. */
  size: number;
  /** Cost of the open contracts, and their fees. */
  cost: bigint;
  openFees: bigint;
  /** Profit of closed contracts, without fees. */
  realized: bigint;
  /** All fees, and everything paid for contracts. */
  fees: bigint;
  traded: bigint;
  /** Bought and sold, in hundredths of a contract. */
  volume: number;
  /** Time of its last change, µs. */
  atUs: number;
}

const NO_POSITION: ContractPosition = {
  ...{ size: 0, volume: 0, atUs: 0 },
  ...{ cost: 0n, openFees: 0n, realized: 0n, fees: 0n, traded: 0n },
};

/**
 * Account of dollars and contracts. NO contracts are a negative position; a contract and its
 * opposite net to a dollar at once. All money is in 10^-10 dollars.
 */
export class ContractAccount implements Account {
  cash: bigint;
  /** By ticker. */
  readonly positions: Map<string, ContractPosition> = new Map();
  #fees: FeeRates;

  constructor(
    { balances, ...fees }: Pick<TradingOptions, "balances" | "makerFee" | "takerFee">,
  ) {
    this.#fees = feeRates(fees);
    this.cash = BigInt(Math.round((balances?.["USD"] ?? START_DOLLARS) * 100)) * CENT;
  }

  /** Money reserved for orders: for what they open, with the taker fee; closing a position is free. */
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

  /** Fee: rate times price times its distance to a dollar, rounded up to a cent. */
  feeOf(_: unknown, { price, size, isMaker }: { price: number; size: number; isMaker: boolean }) {
    const spread = BigInt(price) * BigInt(DOLLAR - price) * BigInt(size) * 100n;
    const fee = spread * (isMaker ? this.#fees.maker : this.#fees.taker);
    const cents = RATE_WHOLE * CENT;
    return (fee + cents - 1n) / cents * CENT;
  }

  book({ order: { market, buys }, price, size, fee, atUs }: Fill): void {
    const { external } = market.spec;
    const before = this.positions.get(external) ?? NO_POSITION;
    const closed = Math.min(size, this.#opposite(market, buys));
    const paid = buys ? price : DOLLAR - price;
    const [won, spent] = [
      moneyOf(market, DOLLAR - paid, closed),
      moneyOf(market, paid, size - closed),
    ];
    this.cash += won - spent - fee;
    // Closed contracts take their share of the cost along.
    const held = BigInt(Math.abs(before.size));
    const shareOf = (money: bigint) => closed === 0 ? 0n : money * BigInt(closed) / held;
    this.positions.set(external, {
      size: before.size + (buys ? size : -size),
      cost: before.cost - shareOf(before.cost) + spent,
      openFees: before.openFees - shareOf(before.openFees) +
        fee * BigInt(size - closed) / BigInt(size),
      realized: before.realized + won - shareOf(before.cost),
      ...{ fees: before.fees + fee, traded: before.traded + spent, volume: before.volume + size },
      atUs,
    });
  }

  /** Settles an ended market: contracts of its result pay a dollar each. Returns the final position. */
  settle(
    market: ModelMarket,
    { result, nowUs }: { result: string | undefined; nowUs: number },
  ): ContractPosition | undefined {
    const { external } = market.spec;
    const position = this.positions.get(external);
    if (position === undefined) return undefined;
    this.positions.delete(external);
    const isRight = (position.size > 0) === (result === "yes");
    const won = isRight ? moneyOf(market, DOLLAR, Math.abs(position.size)) : 0n;
    this.cash += won;
    const realized = position.realized + won - position.cost;
    return { ...position, size: 0, cost: 0n, openFees: 0n, realized, atUs: nowUs };
  }

  /** Contracts that an order in this direction would close. */
  #opposite({ spec }: ModelMarket, buys: boolean): number {
    const { size } = this.positions.get(spec.external) ?? NO_POSITION;
    return Math.max(0, buys ? -size : size);
  }
}
