import type { OrderBook } from "@ssmd/market";
import type { ClientOrders } from "./client_orders.ts";

/** A side is never emptied below this. */
export const LEVELS_MIN = 2;

/** What an order takes from a level. */
interface PlannedFill {
  price: number;
  size: number;
  /** What others take there at the same moment. */
  others: number;
}

/** What an order would do now. */
export interface OrderPlan {
  fills: PlannedFill[];
  /**
   * Why it takes no more: filled · the next level is beyond its limit · an order of its own is next ·
   * nothing is left but the levels that the model keeps.
   */
  end: "filled" | "limit" | "own" | "thin";
}

/**
 * Walks the levels that an order takes from, best first. It gets `share` of each level (0 to 1], others
 * the rest; ahead of an order of its own it stops.
 */
export function planOrder(
  { book, clients }: { book: OrderBook; clients: ClientOrders },
  { buys, size, limit = buys ? Infinity : 0 }: {
    buys: boolean;
    size: number;
    limit: number | undefined;
  },
  share: number,
): OrderPlan {
  const name = buys ? "asks" : "bids";
  const { prices, sizes } = book[name];
  const fills: PlannedFill[] = [];
  let left = size;
  for (let i = 0; left > 0; i++) {
    const price = prices[i];
    if (price === undefined) return { fills, end: "thin" };
    if (buys ? price > limit : price < limit) return { fills, end: "limit" };
    if (i >= prices.length - LEVELS_MIN) return { fills, end: "thin" };
    const [own] = clients.at(name, price);
    const there = own?.ahead ?? sizes[i] ?? 0;
    const offered = Math.floor(there * share);
    const taken = Math.min(left, offered);
    left -= taken;
    const others = left > 0
      ? there - taken
      : Math.min(there - taken, Math.round(taken / share - taken));
    if (there > 0) fills.push({ price, size: taken, others });
    if (left > 0 && own !== undefined) return { fills, end: "own" };
  }
  return { fills, end: "filled" };
}
