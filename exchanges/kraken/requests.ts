import { ALL_SYMBOLS, type MarketEvent } from "@ssmd/market";
import type { Symbols } from "../symbols.ts";
import type { Requests } from "../venue_normalizer.ts";
import type { Subscription } from "../subscription.ts";
import type { SubscriptionLedger } from "../subscription_ledger.ts";
import { DEFAULT_DEPTH, requestFrame, requestsFor } from "./subscribe.ts";

/** State of a connection's requests, as plain JSON. */
export interface RequestsState {
  last: number;
  doubts: number[];
}

/** Requests of a connection; ids count from 1 on every connection, and the ledger stores them. */
export class KrakenRequests implements Requests {
  #ledger: SubscriptionLedger;
  #symbols: Symbols;
  #depthOf: (external: string) => number;
  #last = 0;
  /** Ids of unsubscribe requests for silent channels. */
  #doubts: number[] = [];

  /** Takes orders from `ledger`; `depthOf` = levels per side of a pair's subscription. */
  constructor(
    ledger: SubscriptionLedger,
    symbols: Symbols,
    depthOf: (external: string) => number,
  ) {
    this.#ledger = ledger;
    this.#symbols = symbols;
    this.#depthOf = depthOf;
  }

  /** Handles an open connection to which {@linkcode firstFrames} were sent. */
  connected(): void {
    this.#doubts = [];
    const requests = this.#first();
    this.#last = requests.length;
    requests.forEach(({ channel, symbols }, i) => {
      for (const symbol of symbols) {
        const order = this.#ledger.find(channel, symbol);
        // A recorder's request ids are its own.
        if (order !== undefined && order.isUnknown !== true) order.request = i + 1;
      }
    });
  }

  /** Frames that subscribe to everything, for a newly opened connection. */
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

  /** Requests due orders; confirmed ones are unsubscribed first, as the venue refuses duplicates. */
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

  /** Unsubscribes orders, including unconfirmed ones. */
  end(orders: readonly Subscription[]): string[] {
    return requestsFor(orders, this.#depthOf)
      .map((request) => requestFrame("unsubscribe", request, ++this.#last));
  }

  /** Whether a refused unsubscribe shows that the venue lost a confirmed subscription. */
  takeForgotten(request: unknown): boolean {
    if (!this.#doubts.includes(request as number)) return false;
    this.#doubts = [];
    return true;
  }

  state(): RequestsState {
    return { last: this.#last, doubts: [...this.#doubts] };
  }

  /** Restores a state. */
  restore({ last, doubts }: RequestsState): void {
    this.#last = last;
    this.#doubts = doubts;
  }
}

/** Marks a trade subscription live when the ticker shows that the pair never traded. */
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
