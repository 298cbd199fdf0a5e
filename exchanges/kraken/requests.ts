import { ALL_SYMBOLS, type MarketEvent } from "@ssmd/market";
import type { Symbols } from "../symbols.ts";
import type { Requests } from "../venue_normalizer.ts";
import type { Subscription } from "../subscription.ts";
import type { SubscriptionLedger } from "../subscription_ledger.ts";
import { DEFAULT_DEPTH, requestFrame, requestsFor } from "./subscribe.ts";

/** What has been asked of the venue on one connection, as plain JSON. */
export interface RequestsState {
  last: number;
  doubts: number[];
}

/** The requests of a connection: ids count from 1 on every connection, as the ledger knows them. */
export class KrakenRequests implements Requests {
  #ledger: SubscriptionLedger;
  #symbols: Symbols;
  #depthOf: (external: string) => number;
  #last = 0;
  /** Ids of requests that end subscriptions whose channels are silent. */
  #doubts: number[] = [];

  /** Requests for the orders of `ledger`; `depthOf` = levels a side of a pair's subscription. */
  constructor(
    ledger: SubscriptionLedger,
    symbols: Symbols,
    depthOf: (external: string) => number,
  ) {
    this.#ledger = ledger;
    this.#symbols = symbols;
    this.#depthOf = depthOf;
  }

  /** The connection is open and was sent {@linkcode firstFrames}. */
  connected(): void {
    this.#doubts = [];
    const requests = this.#first();
    this.#last = requests.length;
    requests.forEach(({ channel, symbols }, i) => {
      for (const symbol of symbols) {
        const order = this.#ledger.find(channel, symbol);
        // A recorder counts its requests in its own way.
        if (order !== undefined && order.isUnknown !== true) order.request = i + 1;
      }
    });
  }

  /** Frames that subscribe everything, for a connection that was just opened. */
  firstFrames(): string[] {
    return this.#first().map(({ request }, i) => requestFrame("subscribe", request, i + 1));
  }

  #first() {
    const { specs } = this.#symbols;
    const depthOf = (external: string) => specs.get(external)?.depth ?? DEFAULT_DEPTH;
    return requestsFor([...this.#ledger.all], depthOf).map((request) => ({
      ...{ request, channel: request.channel },
      symbols: request.externals.map((external) => specs.get(external)?.symbol ?? ALL_SYMBOLS),
    }));
  }

  /** Asks for what is due: what the venue confirmed is ended first, as it would refuse it twice. */
  ask(due: readonly Subscription[]): string[] {
    const frames: string[] = [];
    for (const request of requestsFor(due.filter(({ confirmed }) => confirmed), this.#depthOf)) {
      frames.push(requestFrame("unsubscribe", request, ++this.#last));
      const isDoubt = due.some((each) => each.doubted && each.channel === request.channel);
      if (isDoubt) this.#doubts = [...this.#doubts.slice(-99), this.#last];
    }
    for (const request of requestsFor(due, this.#depthOf)) {
      frames.push(requestFrame("subscribe", request, ++this.#last));
      for (const each of due) {
        if (each.channel !== request.channel || !request.externals.includes(each.external)) {
          continue;
        }
        each.request = this.#last;
        each.confirmed = false;
      }
    }
    return frames;
  }

  /** Ends subscriptions, also those that the venue has not confirmed yet. */
  end(orders: readonly Subscription[]): string[] {
    return requestsFor(orders, this.#depthOf)
      .map((request) => requestFrame("unsubscribe", request, ++this.#last));
  }

  /** Whether the venue does not know a subscription that it confirmed: it has forgotten. */
  takeForgotten(request: unknown): boolean {
    if (!this.#doubts.includes(request as number)) return false;
    this.#doubts = [];
    return true;
  }

  /** Plain JSON. */
  state(): RequestsState {
    return { last: this.#last, doubts: [...this.#doubts] };
  }

  /** Takes over a state. */
  restore({ last, doubts }: RequestsState): void {
    this.#last = last;
    this.#doubts = doubts;
  }
}

/** A pair that never had a trade has none to send: what its subscription brings is nothing. */
export function noteUntraded(
  ledger: SubscriptionLedger,
  events: readonly MarketEvent[],
  { atUs, into }: { atUs: number; into: MarketEvent[] },
): void {
  for (const event of events) {
    if (event.type !== "ticker" || event.lastPrice) continue;
    if (ledger.find("trade", event.symbol)?.confirmed) {
      ledger.arrive("trade", event.symbol, atUs, into);
    }
  }
}
