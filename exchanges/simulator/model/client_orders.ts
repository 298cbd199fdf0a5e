import type { BookSideName } from "@ssmd/market";

/** A client's resting order. Prices and sizes in integer steps. */
export interface RestingOrder {
  buys: boolean;
  readonly price: number;
  /** Unfilled size. */
  left: number;
  /** Queue position: size of the model's orders ahead of it at this price. */
  ahead: number;
}

/** A fill of a resting order by the model. */
interface RestingFill {
  order: RestingOrder;
  size: number;
  tradeId: number;
}

/** Clients' resting orders, each with its queue position. */
export class ClientOrders {
  /** Fills of the market's last step, oldest first. */
  readonly fills: RestingFill[] = [];
  /** In order of arrival. */
  #orders: RestingOrder[] = [];

  /** Orders at a price, in order of arrival. */
  at(name: BookSideName, price: number): RestingOrder[] {
    if (this.#orders.length === 0) return [];
    return this.#orders.filter((each) => each.price === price && each.buys === (name === "bids"));
  }

  /** Total size of clients' orders in a level. */
  sizeAt(name: BookSideName, price: number): number {
    return this.at(name, price).reduce((sum, { left }) => sum + left, 0);
  }

  add(order: RestingOrder): void {
    this.#orders.push(order);
  }

  remove(order: RestingOrder): void {
    this.#orders = this.#orders.filter((each) => each !== order);
  }

  /** Handles a cancel by the model that leaves `rest` of its own size: the last in the queue go first. */
  canceled(name: BookSideName, price: number, rest: number): void {
    for (const order of this.at(name, price)) order.ahead = Math.min(order.ahead, rest);
  }

  /** Handles a client's order that took from the model's orders ahead. */
  passed(name: BookSideName, price: number, size: number): void {
    for (const order of this.at(name, price)) order.ahead = Math.max(0, order.ahead - size);
  }

  /** Fills orders of a level that the model took from, in queue order. */
  traded(name: BookSideName, trade: { price: number; size: number; id: number }): void {
    let left = trade.size;
    let eaten = 0;
    const orders = this.at(name, trade.price);
    for (const order of orders) {
      const before = Math.min(order.ahead - eaten, left);
      eaten += before;
      left -= before;
      const size = Math.min(order.left, left);
      if (size === 0) break;
      left -= size;
      order.left -= size;
      this.fills.push({ order, size, tradeId: trade.id });
      if (order.left === 0) this.remove(order);
    }
    for (const order of orders) order.ahead = Math.max(0, order.ahead - eaten);
  }
}
