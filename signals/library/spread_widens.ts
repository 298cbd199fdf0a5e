import { orderbook, signal, volumeProfile } from "@ssmd/signal";

export default signal({
  title: "Spread widens on one-sided flow",
  version: 1,
  on: { feeds: ["kalshi"], symbols: ["*"] },
  params: { minSpread: 0.04, minShare: 0.7 },
  state: { book: orderbook(), flow: volumeProfile({ window: "1m" }) },
  when: ({ book, flow }, p) =>
    book.spread >= p.minSpread &&
    Math.max(flow.buyShare, 1 - flow.buyShare) >= p.minShare,
  edge: "rising",
  cooldown: "30s",
  fire: ({ book, flow }) => ({ spread: book.spread, buyShare: flow.buyShare }),
});
