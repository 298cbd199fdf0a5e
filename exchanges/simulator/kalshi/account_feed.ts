import type { OrderEvent } from "../trading/engine.ts";
import type { ContractPosition } from "./account.ts";
import { fillMessage, type Json, orderMessage, positionMessage } from "./account_json.ts";
import type { KalshiSubscription } from "./subscription.ts";

/** Channels of an account that say something here, and the type of their messages. */
const TYPES: Readonly<Record<string, string>> = {
  fill: "fill",
  user_orders: "user_order",
  market_positions: "market_position",
};

/** Tells subscribers of an account's channels what happens to its orders and positions. */
export class AccountFeed {
  #subscriptions = new Set<KalshiSubscription>();

  /** Takes a subscription of such a channel; others are none of its own. */
  add(subscription: KalshiSubscription): void {
    if (subscription.channel in TYPES) this.#subscriptions.add(subscription);
  }

  delete(subscription: KalshiSubscription): void {
    this.#subscriptions.delete(subscription);
  }

  /** Sends what happened to an order; the position is what it led to. */
  sendEvent(event: OrderEvent, position: ContractPosition | undefined): void {
    const ticker = event.order.market.spec.external;
    if (event.type === "trade") {
      this.#send("fill", ticker, () => fillMessage(event.fill, position?.size ?? 0));
      if (position !== undefined) this.sendPosition(ticker, position);
    }
    // A trade that fills the order has said it.
    if (event.type !== "filled") this.#send("user_orders", ticker, () => orderMessage(event.order));
  }

  /** Sends where an account stands in a market. */
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
