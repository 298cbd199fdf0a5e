import type { SymbolSpec } from "./adapter.ts";
import type { SubscriptionOrder } from "./subscription.ts";

/**
 * All orders at a venue where only books start with data: a quiet market has no trades and best
 * prices to send. What the venue does not confirm, a market's first book shows.
 */
export function marketOrders(specs: readonly SymbolSpec[]): SubscriptionOrder[] {
  const isUnknown = specs.some(({ isOrderUnknown }) => isOrderUnknown === true);
  const orders: SubscriptionOrder[] = [
    { channel: "status", external: "", symbol: "_all", proof: "confirmation", isUnknown },
  ];
  for (const { symbol, external } of specs) {
    const market = { external, symbol, isUnknown };
    orders.push({ channel: "orderbook", proof: "data", ...market });
    orders.push({ channel: "ticker", proof: "confirmation", ...market });
    orders.push({ channel: "trade", proof: "confirmation", ...market });
  }
  return orders;
}
