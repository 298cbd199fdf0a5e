import type { Subscription } from "../subscription.ts";
import type { SubscriptionLedger } from "../subscription_ledger.ts";
import type { Requests } from "../venue_normalizer.ts";

/** State of a connection's requests, as plain JSON. */
export interface RequestsState {
  renewed: string[];
}

/** Requests of a connection; subscribing a token covers all of its channels. */
export class PolymarketRequests implements Requests {
  #ledger: SubscriptionLedger;
  /** Resubscribed tokens whose book has not come yet. */
  #renewed = new Set<string>();

  constructor(ledger: SubscriptionLedger) {
    this.#ledger = ledger;
  }

  /** Frame that subscribes to everything; none without orders. */
  firstFrames(): string[] {
    const tokens = tokensOf(this.#ledger.all.filter(({ state }) => state !== "ended"));
    if (tokens.length === 0) return [];
    const request = { assets_ids: tokens, type: "market", custom_feature_enabled: true };
    return [JSON.stringify(request)];
  }

  /** Clears the state of the previous connection. */
  connected(): void {
    this.#renewed.clear();
  }

  /** Requests due tokens, unsubscribing confirmed ones first: only a new subscription sends a book. */
  ask(due: readonly Subscription[]): string[] {
    const tokens = tokensOf(due);
    const ended = tokensOf(due.filter(({ confirmed }) => confirmed));
    for (const token of ended) this.#renewed.add(token);
    for (const each of due) each.confirmed = false;
    return [...requestFrames("unsubscribe", ended), ...requestFrames("subscribe", tokens)];
  }

  /** Unsubscribes tokens. */
  end(orders: readonly Subscription[]): string[] {
    return requestFrames("unsubscribe", tokensOf(orders));
  }

  /** Whether a token was resubscribed; true once per resubscription. */
  takeRenewed(token: string): boolean {
    return this.#renewed.delete(token);
  }

  state(): RequestsState {
    return { renewed: [...this.#renewed] };
  }

  /** Restores a state. */
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
