import type { OrderBook } from "@ssmd/market";
import type { ClientOrders } from "./client_orders.ts";

/** Levels that always stay on a side. */
export const LEVELS_MIN = 2;

/** Planned fill at a level. */
interface PlannedFill {
  price: number;
  size: number;
  /** Size taken by others at the same moment. */
  others: number;
}

/** Outcome of an order if executed now. */
export interface OrderPlan {
  fills: PlannedFill[];
  /**
   * Why it stops: filled · next level beyond its limit · next order is its own · only the levels
   * that the model keeps are left.
   */
  end: "filled" | "limit" | "own" | "thin";
}

/**
 * Walks the levels that an order would take, best first. It gets `share` of each level (0 to 1],
 * others the rest; it stops before an order of its own.
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
