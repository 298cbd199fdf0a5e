import type { BookSideName } from "@ssmd/market";

/** A client's order that rests in the book. Prices and sizes in integer steps. */
export interface RestingOrder {
  buys: boolean;
  readonly price: number;
  /** What is not filled yet. */
  left: number;
  /** Size of the model's orders at this price that came before it. */
  ahead: number;
}

/** A trade of the model with a resting order. */
interface RestingFill {
  order: RestingOrder;
  size: number;
  tradeId: number;
}

/** Clients' orders within the levels of a book, each at its place in the queue of its price. */
export class ClientOrders {
  /** Fills of the market's last step, oldest first. */
  readonly fills: RestingFill[] = [];
  /** In the order in which they came. */
  #orders: RestingOrder[] = [];

  /** Orders at a price, first come first. */
  at(name: BookSideName, price: number): RestingOrder[] {
    if (this.#orders.length === 0) return [];
    return this.#orders.filter((each) => each.price === price && each.buys === (name === "bids"));
  }

  /** Size of clients' orders in a level. */
  sizeAt(name: BookSideName, price: number): number {
    return this.at(name, price).reduce((sum, { left }) => sum + left, 0);
  }

  add(order: RestingOrder): void {
    this.#orders.push(order);
  }

  remove(order: RestingOrder): void {
    this.#orders = this.#orders.filter((each) => each !== order);
  }

  /** The model canceled in a level until `rest` of its own is left: whoever came last goes first. */
  canceled(name: BookSideName, price: number, rest: number): void {
    for (const order of this.at(name, price)) order.ahead = Math.min(order.ahead, rest);
  }

  /** A client's order took from the model's orders ahead of it. */
  passed(name: BookSideName, price: number, size: number): void {
    for (const order of this.at(name, price)) order.ahead = Math.max(0, order.ahead - size);
  }

  /** The model took from a level: who came first is served first. */
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
