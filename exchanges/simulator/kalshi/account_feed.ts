import type { OrderEvent } from "../trading/engine.ts";
import type { ContractPosition } from "./account.ts";
import { fillMessage, type Json, orderMessage, positionMessage } from "./account_json.ts";
import type { KalshiSubscription } from "./subscription.ts";

/** Account channels that are simulated, with their message type. */
const TYPES: Readonly<Record<string, string>> = {
  fill: "fill",
  user_orders: "user_order",
  market_positions: "market_position",
};

/** Publishes an account's orders, fills and positions to subscribers of its channels. */
export class AccountFeed {
  #subscriptions = new Set<KalshiSubscription>();

  /** Adds a subscription of an account channel; ignores others. */
  add(subscription: KalshiSubscription): void {
    if (subscription.channel in TYPES) this.#subscriptions.add(subscription);
  }

  delete(subscription: KalshiSubscription): void {
    this.#subscriptions.delete(subscription);
  }

  /** Publishes an order event; `position` = the resulting one. */
  sendEvent(event: OrderEvent, position: ContractPosition | undefined): void {
    const ticker = event.order.market.spec.external;
    if (event.type === "trade") {
      this.#send("fill", ticker, () => fillMessage(event.fill, position?.size ?? 0));
      if (position !== undefined) this.sendPosition(ticker, position);
    }
    // The trade that fills the order has already reported it.
    if (event.type !== "filled") this.#send("user_orders", ticker, () => orderMessage(event.order));
  }

  /** Publishes a position in a market. */
  sendPosition(ticker: string, position: ContractPosition): void {
    this.#send("market_positions", ticker, () => positionMessage(ticker, position));
  }

  #send(channel: string, ticker: string, bodyOf: () => Json): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.channel !== channel || !subscription.accepts(ticker)) continue;
      subscription.session.connection.send(
        `{"type":"${TYPES[channel]}","sid":${subscription.sid},"msg":${JSON.stringify(bodyOf())}}`,
      );
    }
  }
}
