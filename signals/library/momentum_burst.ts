import { priceHistory, signal } from "@ssmd/signal";

export default signal({
  title: "The price runs in a short time",
  version: 1,
  on: { feeds: ["kraken"], symbols: ["*"] },
  params: { minChange: 0.001 },
  state: { price: priceHistory({ window: "10s", source: "mid" }) },
  when: ({ price }, p) => Math.abs(price.change("10s")) >= p.minChange,
  edge: "rising",
  cooldown: "10s",
  fire: ({ price }) => ({
    change: price.change("10s"),
    direction: price.change("10s") > 0 ? "up" : "down",
    price: price.last,
  }),
});
