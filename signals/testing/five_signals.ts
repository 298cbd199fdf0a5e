/** Signals of every kind that fire often on {@linkcode marketWalk}. @module */
import { orderbook, priceHistory, signal, volumeProfile } from "@ssmd/signal";
import { loaded } from "./run_signals.ts";
import type { LoadedSignal } from "../engine/loaded_signal.ts";

const ON = { feeds: ["kalshi"], symbols: ["KX*"] } as const;

/** One per edge, one with `every`, one that also follows another market. */
export const FIVE_SIGNALS: readonly LoadedSignal[] = [
  loaded(
    "wide",
    signal({
      ...{ title: "wide", version: 1, on: ON },
      state: { book: orderbook(), flow: volumeProfile({ window: "10s" }) },
      when: ({ book, flow }) => book.spread >= 0.05 && flow.buyShare >= 0.5,
      cooldown: "2s",
      fire: ({ book, flow }) => ({ spread: book.spread, share: flow.buyShare }),
    }),
  ),
  loaded(
    "falls",
    signal({
      ...{ title: "falls", version: 1, on: ON },
      state: { price: priceHistory({ window: "5s", source: "mid" }) },
      when: ({ price }) => price.change("5s") > 0,
      edge: "falling",
      fire: ({ price }) => ({ high: price.high, low: price.low, last: price.last }),
    }),
  ),
  loaded(
    "leans",
    signal({
      ...{ title: "leans", version: 1, on: ON },
      state: { book: orderbook({ depth: 3 }) },
      when: ({ book }) => book.imbalance > 0.6,
      edge: "level",
      cooldown: "1s",
      fire: ({ book }) => ({ imbalance: book.imbalance }),
    }),
  ),
  loaded(
    "each_second",
    signal({
      ...{ title: "each second", version: 1, on: ON },
      state: { flow: volumeProfile({ window: "3s" }) },
      when: ({ flow }) => flow.volume > 150,
      every: "1s",
      fire: ({ flow }) => ({ volume: flow.volume, at: flow.pointOfControl }),
    }),
  ),
  loaded(
    "two_feeds",
    signal({
      ...{ title: "two feeds", version: 1, on: ON },
      state: {
        book: orderbook(),
        spot: priceHistory({ window: "2s", of: { feed: "kraken", symbol: "KXSPOT" } }),
      },
      when: ({ book, spot }) => book.mid > spot.last,
      fire: ({ book, spot }) => ({ mid: book.mid, spot: spot.last }),
    }),
  ),
];
