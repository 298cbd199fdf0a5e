import type { OrderedChannel, Subscription } from "../subscription.ts";
import type { SubscriptionLedger } from "../subscription_ledger.ts";
import type { Requests } from "../venue_normalizer.ts";
import { BOOK_CHANNEL } from "./subscriptions.ts";

/** Channel of the market lifecycle; it takes no list of markets. */
export const LIFECYCLE_CHANNEL = "market_lifecycle_v2";
/** Channel of the lifecycle of combos. */
export const COMBO_LIFECYCLE_CHANNEL = "multivariate_market_lifecycle";
/** Ticker prefix of combos: markets composed of several others. */
const COMBO = /^KXMVE/;

const CHANNELS = {
  orderbook: BOOK_CHANNEL,
  ticker: "ticker",
  trade: "trade",
  status: LIFECYCLE_CHANNEL,
} as const;

/** Our channel for one of the venue; undefined = not ordered. */
export function channelOf(venues: string): OrderedChannel | undefined {
  for (const [ours, name] of Object.entries(CHANNELS)) {
    if (name === venues) return ours as OrderedChannel;
  }
  return undefined;
}

/** State of a connection's commands, as plain JSON. */
export interface CommandsState {
  last: number;
  marketsMax: number;
}

/** Commands of a connection; ids count from 1 on every connection, and the ledger stores them. */
export class Commands implements Requests {
  #ledger: SubscriptionLedger;
  #sidOf: (ticker: string) => number | undefined;
  #sidsOf: (channel: string) => readonly number[];
  #last = 0;
  /** Most markets that the venue accepts per command, as far as known. */
  #marketsMax = Infinity;

  /**
   * Takes orders from `ledger`; `sidOf` returns the subscription of a book, `sidsOf` those of a
   * channel.
   */
  constructor(
    ledger: SubscriptionLedger,
    sidOf: (ticker: string) => number | undefined,
    sidsOf: (channel: string) => readonly number[],
  ) {
    this.#ledger = ledger;
    this.#sidOf = sidOf;
    this.#sidsOf = sidsOf;
  }

  /**
   * Frames that subscribe to order books, tickers, trades and the market lifecycle on a newly
   * opened connection: one per channel, or more, as the venue limits the markets of a command. Sets
   * `use_yes_price` although it is the default, as the venue announced to change that.
   */
  firstFrames(): string[] {
    return this.#first().map(({ channel, tickers }, i) => subscribeFrame(i + 1, channel, tickers));
  }

  #first(): { channel: string; tickers: string[] }[] {
    const tickers = this.#ledger.all.flatMap(({ channel, external }) =>
      channel === "orderbook" ? [external] : []
    );
    const parts = partsOf(tickers, this.#marketsMax);
    const markets = [BOOK_CHANNEL, "ticker", "trade"].flatMap((channel) =>
      parts.map((part) => ({ channel, tickers: part }))
    );
    const lives = tickers.some((ticker) => COMBO.test(ticker))
      ? [LIFECYCLE_CHANNEL, COMBO_LIFECYCLE_CHANNEL]
      : [LIFECYCLE_CHANNEL];
    return [...markets, ...lives.map((channel) => ({ channel, tickers: [] }))];
  }

  /** Handles an open connection to which {@linkcode Commands.firstFrames} were sent. */
  connected(): void {
    const first = this.#first();
    this.#last = first.length;
    first.forEach(({ channel, tickers }, i) => {
      const covered = new Set(tickers);
      for (const each of this.#ledger.all) {
        // A recorder's command ids are its own.
        if (each.isUnknown === true) continue;
        const isOf = channel === CHANNELS[each.channel];
        if (isOf && (each.external === "" || covered.has(each.external))) each.request = i + 1;
      }
    });
  }

  /**
   * Requests due orders: a snapshot on the subscription that covers a book (its sequence
   * continues), else a subscription.
   */
  ask(due: readonly Subscription[]): string[] {
    const frames: string[] = [];
    const covering = (each: Subscription) =>
      each.channel === "orderbook" && each.confirmed ? this.#sidOf(each.external) : undefined;
    const bySid = Map.groupBy(due, covering);
    for (const [sid, orders] of bySid) {
      if (sid === undefined) continue;
      const id = this.#request(orders);
      const market_tickers = orders.map(({ external }) => external);
      frames.push(
        command(id, "update_subscription", { sid, market_tickers, action: "get_snapshot" }),
      );
    }
    const byChannel = Map.groupBy(bySid.get(undefined) ?? [], ({ channel }) => channel);
    for (const [channel, orders] of byChannel) {
      for (const part of partsOf(orders, this.#marketsMax)) {
        const id = this.#request(part);
        frames.push(this.#askFrame(id, channel, part.map(({ external }) => external)));
      }
    }
    return frames;
  }

  /** Adds markets to the channel's subscription if there is one, else opens one. */
  #askFrame(id: number, channel: OrderedChannel, market_tickers: readonly string[]): string {
    const sid = channel === "status" ? undefined : this.#sidsOf(CHANNELS[channel]).at(-1);
    if (sid === undefined) return subscribeFrame(id, CHANNELS[channel], market_tickers);
    const params = { sid, market_tickers, action: "add_markets" };
    return command(id, "update_subscription", params);
  }

  /**
   * Removes markets from their subscriptions. Which of several subscriptions sends a market's
   * trades and tickers is unknown: the command goes to all.
   */
  end(orders: readonly Subscription[]): string[] {
    const frames: string[] = [];
    for (const [channel, ofChannel] of Map.groupBy(orders, (each) => each.channel)) {
      const sids = this.#sidsOf(CHANNELS[channel]);
      for (const sid of sids) {
        const own = channel === "orderbook"
          ? ofChannel.filter(({ external }) => this.#sidOf(external) === sid)
          : ofChannel;
        if (own.length === 0) continue;
        const market_tickers = own.map(({ external }) => external);
        const params = { sid, market_tickers, action: "delete_markets" };
        frames.push(command(++this.#last, "update_subscription", params));
      }
    }
    return frames;
  }

  #request(orders: readonly Subscription[]): number {
    const id = ++this.#last;
    for (const each of orders) each.request = id;
    return id;
  }

  /**
   * Handles a command refused for too many markets: halves the limit for the next; false = it named
   * one market, and cannot be halved.
   */
  tooManyMarkets(refused: readonly Subscription[]): boolean {
    const markets = new Set(refused.map(({ external }) => external)).size;
    if (markets > 1) this.#marketsMax = Math.min(this.#marketsMax, Math.ceil(markets / 2));
    return markets > 1;
  }

  state(): CommandsState {
    return { last: this.#last, marketsMax: Math.min(this.#marketsMax, Number.MAX_SAFE_INTEGER) };
  }

  /** Restores a state. */
  restore({ last, marketsMax }: CommandsState): void {
    this.#last = last;
    this.#marketsMax = marketsMax;
  }
}

function partsOf<T>(list: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size));
  return parts;
}

function subscribeFrame(id: number, channel: string, tickers: readonly string[]): string {
  const isOfMarkets = channel !== LIFECYCLE_CHANNEL && channel !== COMBO_LIFECYCLE_CHANNEL;
  return command(id, "subscribe", {
    channels: [channel],
    ...(isOfMarkets ? { market_tickers: tickers } : {}),
    ...(channel === BOOK_CHANNEL ? { use_yes_price: false } : {}),
    ...(channel === "ticker" ? { send_initial_snapshot: true } : {}),
  });
}

function command(id: number, cmd: string, params: Record<string, unknown>): string {
  return JSON.stringify({ id, cmd, params });
}
