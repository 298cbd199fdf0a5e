import { setTimeout as delay } from "node:timers/promises";
import type { RestingOrder } from "../model/client_orders.ts";
import type { ModelMarket } from "../model/market.ts";
import { type OrderPlan, planOrder } from "../model/order_plan.ts";
import type { TradingOptions } from "../options.ts";

/** A client's order request. Prices and sizes in the market's steps. */
export interface OrderRequest {
  market: ModelMarket;
  buys: boolean;
  size: number;
  /** Undefined = market order. */
  limit: number | undefined;
  /** Immediate-or-cancel. */
  immediate: boolean;
  /** Canceled if it would take from the book. */
  postOnly: boolean;
  /** Contract of two opposite ones, on venues that have them. */
  outcome?: "yes" | "no";
  /** The client's own ids. */
  clientId?: string | undefined;
  userRef?: number | undefined;
}

/** An accepted order. */
export interface Order extends OrderRequest, RestingOrder {
  readonly id: string;
  readonly atUs: number;
  status: "open" | "filled" | "canceled";
  /** Reason of cancellation. */
  reason?: string;
  closedUs?: number;
  /** Sum over its fills, in 10^-10 of the currency. */
  cost: bigint;
  fee: bigint;
  readonly fills: Fill[];
}

/** A fill of an order. */
export interface Fill {
  readonly id: string;
  readonly order: Order;
  /** In steps. */
  readonly price: number;
  readonly size: number;
  /** In 10^-10 of the currency. */
  readonly cost: bigint;
  readonly fee: bigint;
  /** Whether the order rested. */
  readonly isMaker: boolean;
  readonly tradeId: number;
  readonly atUs: number;
}

/** An event of an order. */
export type OrderEvent =
  | { type: "accepted" | "filled" | "canceled"; order: Order; atUs: number }
  | { type: "trade"; order: Order; fill: Fill; atUs: number };

/** Account that pays for orders, by the venue's rules for margin and fees. */
export interface Account {
  /** Whether it covers the order besides the open ones. */
  covers(request: OrderRequest, plan: OrderPlan, open: Iterable<Order>): boolean;
  /** Fee of a fill, in 10^-10 of the currency. */
  feeOf(request: OrderRequest, fill: { price: number; size: number; isMaker: boolean }): bigint;
  /** Books a fill: transfers money and assets. */
  book(fill: Fill): void;
}

/** Options of {@linkcode MatchingEngine}. */
interface EngineOptions {
  account: Account;
  trading: TradingOptions;
  /** Creates an id of an order or a fill. */
  newId(kind: "order" | "fill"): string;
  nowUs(): number;
  /** Starts the market data. */
  begin(): void;
  /** Publishes to the market's subscribers what an order changed. */
  publish(market: ModelMarket): void;
  /** Flushes sent frames to the sockets. */
  flush(): void;
}

/** Closed orders that are kept. */
const CLOSED_MAX = 10_000;

/** 10^-10 of the currency for a size at a price, both in a market's steps. */
export function moneyOf({ spec }: ModelMarket, price: number, size: number): bigint {
  const scale = BigInt(spec.priceDecimals + spec.sizeDecimals);
  return BigInt(price) * BigInt(size) * 10n ** 10n / 10n ** scale;
}

/** Executes clients' orders against the model's books: one account, in order of arrival. */
export class MatchingEngine {
  /** By id, oldest first. */
  readonly orders: Map<string, Order> = new Map();
  readonly #options: EngineOptions;
  #listeners = new Set<(event: OrderEvent) => void>();
  #closed: string[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Flushes sent frames to the sockets. */
  flush(): void {
    this.#options.flush();
  }

  *open(): Generator<Order> {
    for (const order of this.orders.values()) if (order.status === "open") yield order;
  }

  /** Subscribes to order events; returns the function that unsubscribes. */
  listen(listener: (event: OrderEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Submits an order, which arrives after the latency; undefined = insufficient funds. `accepted`
   * is called before it trades.
   */
  async submit(
    request: OrderRequest,
    accepted: (order: Order) => void = () => {},
  ): Promise<Order | undefined> {
    await this.#arrival();
    const { market } = request;
    const { account, trading, newId, nowUs, publish, flush } = this.#options;
    const plan = planOrder(market, request, trading.fillShare);
    if (!account.covers(request, plan, this.open())) return undefined;
    const order: Order = {
      ...request,
      ...{ id: newId("order"), atUs: nowUs(), status: "open", cost: 0n, fee: 0n, fills: [] },
      ...{ price: request.limit ?? 0, left: request.size, ahead: 0 },
    };
    this.orders.set(order.id, order);
    accepted(order);
    this.#tell({ type: "accepted", order, atUs: order.atUs });
    if (order.postOnly && plan.fills.length > 0) this.#close(order, "Post only order");
    else {
      this.#trade(order, plan);
      publish(market);
    }
    flush();
    return order;
  }

  #trade(order: Order, plan: OrderPlan): void {
    const { market } = order;
    for (const { price, size, tradeId } of market.execute(order, plan)) {
      order.left -= size;
      this.#fill(order, { price, size, tradeId, isMaker: false });
    }
    if (order.left === 0) return;
    if (plan.end === "own") this.#close(order, "Self trade prevention");
    else if (plan.end === "thin") this.#close(order, "Insufficient liquidity");
    else if (order.immediate) this.#close(order, "Immediate or cancel");
    else market.rest(order);
  }

  /** Cancels an open order after the latency; false = no open order with this id. */
  async cancel(id: string): Promise<boolean> {
    await this.#arrival();
    const order = this.orders.get(id);
    if (order?.status !== "open") return false;
    order.market.withdraw(order);
    this.#close(order, "User requested");
    this.#options.publish(order.market);
    this.#options.flush();
    return true;
  }

  /** Cancels all open orders; returns their number. */
  async cancelAll(): Promise<number> {
    let count = 0;
    for (const { id } of [...this.open()]) if (await this.cancel(id)) count++;
    return count;
  }

  /** Id of the open order with this client id. */
  idOfName(name: unknown): string | undefined {
    if (name === undefined) return undefined;
    for (const { clientId, id } of this.open()) if (clientId === name) return id;
    return undefined;
  }

  /** Books the fills of resting orders from the model's last step. */
  settle(market: ModelMarket): void {
    for (const { order: resting, size, tradeId } of market.clients.fills) {
      const order = resting as Order;
      this.#fill(order, { price: order.price, size, tradeId, isMaker: true });
    }
  }

  /** Cancels all orders of a market that ended. */
  end(market: ModelMarket): void {
    for (const order of this.open()) {
      if (order.market === market) this.#close(order, "Market closed");
    }
  }

  async #arrival(): Promise<void> {
    this.#options.begin();
    await delay(this.#options.trading.latencyMs);
  }

  #fill(
    order: Order,
    { price, size, tradeId, isMaker }: Pick<Fill, "price" | "size" | "tradeId" | "isMaker">,
  ): void {
    const { account, newId, nowUs } = this.#options;
    const fill: Fill = {
      ...{ id: newId("fill"), order, price, size, tradeId, isMaker, atUs: nowUs() },
      cost: moneyOf(order.market, price, size),
      fee: account.feeOf(order, { price, size, isMaker }),
    };
    order.fills.push(fill);
    order.cost += fill.cost;
    order.fee += fill.fee;
    account.book(fill);
    if (order.left === 0) order.status = "filled";
    this.#tell({ type: "trade", order, fill, atUs: fill.atUs });
    if (order.left > 0) return;
    this.#forget(order, fill.atUs);
    this.#tell({ type: "filled", order, atUs: fill.atUs });
  }

  #close(order: Order, reason: string): void {
    order.status = "canceled";
    order.reason = reason;
    this.#forget(order, this.#options.nowUs());
    this.#tell({ type: "canceled", order, atUs: this.#options.nowUs() });
  }

  /** Keeps a closed order; drops the oldest beyond the limit. */
  #forget(order: Order, closedUs: number): void {
    order.closedUs = closedUs;
    this.#closed.push(order.id);
    if (this.#closed.length > CLOSED_MAX) this.orders.delete(this.#closed.shift() ?? "");
  }

  #tell(event: OrderEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
