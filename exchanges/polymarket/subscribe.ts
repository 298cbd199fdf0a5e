import type { SymbolSpec } from "../adapter.ts";
import type { Subscription, SubscriptionOrder } from "../subscription.ts";
import type { SubscriptionLedger } from "../subscription_ledger.ts";
import type { Requests } from "../venue_normalizer.ts";

/** What has been asked of the venue on one connection, as plain JSON. */
export interface RequestsState {
  renewed: string[];
}

/**
 * Everything that is ordered. The venue confirms nothing: a token's first book shows that it is
 * subscribed, and with it its trades and its best prices, which a quiet market does not have.
 */
export function ordersOf(specs: readonly SymbolSpec[]): SubscriptionOrder[] {
  const isUnknown = specs.some(({ isOrderUnknown }) => isOrderUnknown === true);
  const orders: SubscriptionOrder[] = [
    { channel: "status", external: "", symbol: "_all", proof: "confirmation", isUnknown },
  ];
  for (const { symbol, external } of specs) {
    const token = { external, symbol, isUnknown };
    orders.push({ channel: "orderbook", proof: "data", ...token });
    orders.push({ channel: "ticker", proof: "confirmation", ...token });
    orders.push({ channel: "trade", proof: "confirmation", ...token });
  }
  return orders;
}

/** The requests of a connection: a token is subscribed with all of its channels. */
export class PolymarketRequests implements Requests {
  #ledger: SubscriptionLedger;
  /** Tokens that were ended and subscribed once more, until their book comes. */
  #renewed = new Set<string>();

  /** Requests for the orders of `ledger`. */
  constructor(ledger: SubscriptionLedger) {
    this.#ledger = ledger;
  }

  /** The frame that subscribes everything; none when nothing is ordered. */
  firstFrames(): string[] {
    const tokens = tokensOf(this.#ledger.all.filter(({ state }) => state !== "ended"));
    if (tokens.length === 0) return [];
    const request = { assets_ids: tokens, type: "market", custom_feature_enabled: true };
    return [JSON.stringify(request)];
  }

  /** Nothing of the last connection counts. */
  connected(): void {
    this.#renewed.clear();
  }

  /** What the venue has is ended first: it sends a book only with a new subscription. */
  ask(due: readonly Subscription[]): string[] {
    const tokens = tokensOf(due);
    const ended = tokensOf(due.filter(({ confirmed }) => confirmed));
    for (const token of ended) this.#renewed.add(token);
    for (const each of due) each.confirmed = false;
    return [...requestFrames("unsubscribe", ended), ...requestFrames("subscribe", tokens)];
  }

  /** Ends the subscriptions of tokens. */
  end(orders: readonly Subscription[]): string[] {
    return requestFrames("unsubscribe", tokensOf(orders));
  }

  /** Whether a token was ended and subscribed once more; asked once a renewal. */
  takeRenewed(token: string): boolean {
    return this.#renewed.delete(token);
  }

  /** Plain JSON. */
  state(): RequestsState {
    return { renewed: [...this.#renewed] };
  }

  /** Takes over a state. */
  restore({ renewed }: RequestsState): void {
    this.#renewed = new Set(renewed);
  }
}

function tokensOf(orders: readonly { external: string }[]): string[] {
  return [...new Set(orders.map(({ external }) => external))].filter((token) => token !== "");
}

function requestFrames(operation: "subscribe" | "unsubscribe", tokens: readonly string[]) {
  if (tokens.length === 0) return [];
  return [JSON.stringify({ operation, assets_ids: tokens, custom_feature_enabled: true })];
}
