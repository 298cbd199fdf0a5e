import { orderbook, signal } from "@ssmd/signal";

export default signal({
  title: "The book leans to the other side",
  version: 1,
  on: { feeds: ["kraken", "kalshi"], symbols: ["*"] },
  params: { threshold: 0.6 },
  state: { book: orderbook({ depth: 5 }) },
  when: ({ book }, p) => book.imbalance >= p.threshold,
  edge: "rising",
  cooldown: "5s",
  fire: ({ book }) => ({ imbalance: book.imbalance, mid: book.mid }),
});
