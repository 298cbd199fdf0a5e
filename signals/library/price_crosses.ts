import { priceHistory, signal } from "@ssmd/signal";

export default signal({
  title: "The last trade crosses a price",
  version: 1,
  on: { feeds: ["kalshi"], symbols: ["*"] },
  params: { price: 0.5 },
  state: { trades: priceHistory({ window: "1s" }) },
  when: ({ trades }, p) => trades.last >= p.price,
  edge: "rising",
  fire: ({ trades }) => ({ price: trades.last }),
});
