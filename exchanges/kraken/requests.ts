import type { MarketEvent } from "@ssmd/market";
import type { SymbolSpec } from "../adapter.ts";
import type { Subscription, SubscriptionLedger } from "../subscription_ledger.ts";
import { DEFAULT_DEPTH, requestFrame, requestsFor } from "./subscribe.ts";

/** What has been asked of the venue on one connection, as plain JSON. */
export interface RequestsState {
  last: number;
  doubts: number[];
}

/** The requests of a connection: ids count from 1 on every connection, as the ledger knows them. */
export class Requests {
  #ledger: SubscriptionLedger;
  #last = 0;
  /** Ids of requests that end subscriptions whose channels are silent. */
  #doubts: number[] = [];

  /** Requests for the orders of `ledger`. */
  constructor(ledger: SubscriptionLedger) {
    this.#ledger = ledger;
  }

  /** The connection is open and was sent {@linkcode firstFrames}. */
  connected(specs: readonly SymbolSpec[]): void {
    this.#doubts = [];
    const requests = firstRequests(specs, this.#ledger);
    this.#last = requests.length;
    requests.forEach(({ channel, symbols }, i) => {
      for (const symbol of symbols) {
        const order = this.#ledger.find(channel, symbol);
        if (order !== undefined) order.request = i + 1;
      }
    });
  }

  /** Frames that subscribe everything, for a connection that was just opened. */
  firstFrames(specs: readonly SymbolSpec[]): string[] {
    return firstRequests(specs, this.#ledger).map(({ request }, i) =>
      requestFrame("subscribe", request, i + 1)
    );
  }

  /** Asks for what is due: what the venue confirmed is ended first, as it would refuse it twice. */
  ask(due: readonly Subscription[], depthOf: (external: string) => number): string[] {
    const frames: string[] = [];
    for (const request of requestsFor(due.filter(({ confirmed }) => confirmed), depthOf)) {
      frames.push(requestFrame("unsubscribe", request, ++this.#last));
      const isDoubt = due.some((each) => each.doubted && each.channel === request.channel);
      if (isDoubt) this.#doubts = [...this.#doubts.slice(-99), this.#last];
    }
    for (const request of requestsFor(due, depthOf)) {
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

function firstRequests(specs: readonly SymbolSpec[], ledger: SubscriptionLedger) {
  const depths = new Map(specs.map(({ external, depth }) => [external, depth ?? DEFAULT_DEPTH]));
  const ours = new Map(specs.map(({ external, symbol }) => [external, symbol]));
  const orders = [...ledger.all];
  return requestsFor(orders, (external) => depths.get(external) ?? DEFAULT_DEPTH)
    .map((request) => ({
      ...{ request, channel: request.channel },
      symbols: request.externals.map((external) => ours.get(external) ?? "_all"),
    }));
}

/** A pair that never had a trade has none to send: what its subscription brings is nothing. */
export function noteUntraded(
  ledger: SubscriptionLedger,
  events: readonly MarketEvent[],
  atUs: number,
  into: MarketEvent[],
): void {
  for (const event of events) {
    if (event.type !== "ticker" || event.lastPrice) continue;
    if (ledger.find("trade", event.symbol)?.confirmed) {
      ledger.arrive("trade", event.symbol, atUs, into);
    }
  }
}
