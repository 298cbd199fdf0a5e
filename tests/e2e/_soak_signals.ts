/** Signals of a soak: one of each kind, that fire often on the simulators' markets. @module */

const ON = `on: { feeds: ["kalshi"], symbols: ["*"] }`;

/** By name: the texts of their files. */
export const SOAK_SIGNALS: Readonly<Record<string, string>> = {
  leans: `import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "the book leans", version: 1, on: { feeds: ["kraken", "kalshi"], symbols: ["*"] },
  params: { least: 0.1 }, state: { book: orderbook({ depth: 5 }) },
  when: ({ book }, p) => book.imbalance >= p.least, cooldown: "500ms", maxFiresPerHour: 36000,
  fire: ({ book }) => ({ imbalance: book.imbalance, mid: book.mid }),
});`,
  falls: `import { priceHistory, signal } from "@ssmd/signal";
export default signal({
  title: "the price stops rising", version: 1, on: { feeds: ["kraken"], symbols: ["*"] },
  state: { price: priceHistory({ window: "2s", source: "mid" }) },
  when: ({ price }) => price.change("2s") > 0, edge: "falling", maxFiresPerHour: 36000,
  fire: ({ price }) => ({ last: price.last }),
});`,
  bought: `import { signal, volumeProfile } from "@ssmd/signal";
export default signal({
  title: "more is bought", version: 1, ${ON},
  state: { flow: volumeProfile({ window: "3s" }) },
  when: ({ flow }) => flow.buyShare > 0.5, edge: "level", cooldown: "1s", maxFiresPerHour: 36000,
  fire: ({ flow }) => ({ share: flow.buyShare }),
});`,
  each_second: `import { signal, volumeProfile } from "@ssmd/signal";
export default signal({
  title: "each second", version: 1, ${ON},
  state: { flow: volumeProfile({ window: "2s" }) },
  when: ({ flow }) => flow.volume > 0, edge: "level", every: "1s", maxFiresPerHour: 36000,
  fire: ({ flow }) => ({ volume: flow.volume }),
});`,
  two_feeds: `import { orderbook, priceHistory, signal } from "@ssmd/signal";
export default signal({
  title: "a market follows another feed's", version: 1, ${ON},
  state: {
    book: orderbook(),
    spot: priceHistory({ window: "2s", source: "mid", of: { feed: "kraken", symbol: "BTCUSD" } }),
  },
  when: ({ book, spot }) => spot.change("1s") > 0 && book.mid > 0, maxFiresPerHour: 36000,
  fire: ({ book, spot }) => ({ mid: book.mid, spot: spot.last }),
});`,
};
