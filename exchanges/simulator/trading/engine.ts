import { setTimeout as delay } from "node:timers/promises";
import type { RestingOrder } from "../model/client_orders.ts";
import type { ModelMarket } from "../model/market.ts";
import { type OrderPlan, planOrder } from "../model/order_plan.ts";
import type { TradingOptions } from "../options.ts";

/** What a client wants. Prices and sizes in the market's steps. */
export interface OrderRequest {
  market: ModelMarket;
  buys: boolean;
  size: number;
  /** Undefined = at any price. */
  limit: number | undefined;
  /** What is not filled at once is canceled. */
  immediate: boolean;
  /** Canceled when it would take from the book. */
  postOnly: boolean;
  /** Which of two opposite contracts it names, on venues that have them. */
  outcome?: "yes" | "no";
  /** The client's own names of it. */
  clientId?: string | undefined;
  userRef?: number | undefined;
}

/** An order that was accepted. */
export interface Order extends OrderRequest, RestingOrder {
  readonly id: string;
  readonly atUs: number;
  status: "open" | "filled" | "canceled";
  /** Why it was canceled. */
  reason?: string;
  closedUs?: number;
  /** Sum of its fills, in 10^-10 of the money. */
  cost: bigint;
  fee: bigint;
  readonly fills: Fill[];
}

/** A trade of an order. */
export interface Fill {
  readonly id: string;
  readonly order: Order;
  /** Steps. */
  readonly price: number;
  readonly size: number;
  /** 10^-10 of the money. */
  readonly cost: bigint;
  readonly fee: bigint;
  /** Whether the order rested. */
  readonly isMaker: boolean;
  readonly tradeId: number;
  readonly atUs: number;
}

/** What happened to an order. */
export type OrderEvent =
  | { type: "accepted" | "filled" | "canceled"; order: Order; atUs: number }
  | { type: "trade"; order: Order; fill: Fill; atUs: number };

/** Who pays: a venue has rules of its own for what an order needs and costs. */
export interface Account {
  /** Whether it can pay what an order needs, besides what open orders need. */
  covers(request: OrderRequest, plan: OrderPlan, open: Iterable<Order>): boolean;
  /** 10^-10 of the money. */
  feeOf(request: OrderRequest, fill: { price: number; size: number; isMaker: boolean }): bigint;
  /** Money and assets change hands. */
  book(fill: Fill): void;
}

/** What an engine needs. */
interface EngineOptions {
  account: Account;
  trading: TradingOptions;
  /** A new id of an order or a fill. */
  newId(kind: "order" | "fill"): string;
  nowUs(): number;
  /** Market data is to flow from now on. */
  begin(): void;
  /** Tells subscribers of the market's data what an order changed. */
  publish(market: ModelMarket): void;
  /** Hands what was sent to the system. */
  flush(): void;
}

/** Closed orders that are remembered. */
const CLOSED_MAX = 10_000;

/** 10^-10 of the money for a size at a price, both in a market's steps. */
export function moneyOf({ spec }: ModelMarket, price: number, size: number): bigint {
  const scale = BigInt(spec.priceDecimals + spec.sizeDecimals);
  return BigInt(price) * BigInt(size) * 10n ** 10n / 10n ** scale;
}

/** Clients' orders against the books of the model: one account, in the order of their arrival. */
export class MatchingEngine {
  /** By id, oldest first. */
  readonly orders: Map<string, Order> = new Map();
  readonly #options: EngineOptions;
  #listeners = new Set<(event: OrderEvent) => void>();
  #closed: string[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Hands what was sent to the system. */
  flush(): void {
    this.#options.flush();
  }

  *open(): Generator<Order> {
    for (const order of this.orders.values()) if (order.status === "open") yield order;
  }

  /** Tells what happens to orders from now on; gives the way to end it. */
  listen(listener: (event: OrderEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes an order in, which arrives after the latency; undefined = it cannot be paid for.
   * `accepted` is called before it trades.
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

  /** Cancels an open order after the latency; false = there is none of this id. */
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

  /** Cancels all that are open; gives how many. */
  async cancelAll(): Promise<number> {
    let count = 0;
    for (const { id } of [...this.open()]) if (await this.cancel(id)) count++;
    return count;
  }

  /** The id of an open order that its client named so. */
  idOfName(name: unknown): string | undefined {
    if (name === undefined) return undefined;
    for (const { clientId, id } of this.open()) if (clientId === name) return id;
    return undefined;
  }

  /** Takes in what the model's last step did with resting orders. */
  settle(market: ModelMarket): void {
    for (const { order: resting, size, tradeId } of market.clients.fills) {
      const order = resting as Order;
      this.#fill(order, { price: order.price, size, tradeId, isMaker: true });
    }
  }

  /** A market is gone: so are its orders. */
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

  /** Remembers a closed order in place of the oldest one. */
  #forget(order: Order, closedUs: number): void {
    order.closedUs = closedUs;
    this.#closed.push(order.id);
    if (this.#closed.length > CLOSED_MAX) this.orders.delete(this.#closed.shift() ?? "");
  }

  #tell(event: OrderEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
