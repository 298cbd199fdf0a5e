import { signal, volumeProfile } from "@ssmd/signal";

export default signal({
  title: "Much more is traded than in the minutes before",
  version: 1,
  on: { feeds: ["kraken", "kalshi"], symbols: ["*"] },
  params: { times: 4, minTrades: 5 },
  state: {
    now: volumeProfile({ window: "10s" }),
    usual: volumeProfile({ window: "2m" }),
  },
  // 10 s are 1/12 of 2 min.
  when: ({ now, usual }, p) =>
    now.trades >= p.minTrades && now.volume >= p.times * usual.volume / 12,
  edge: "rising",
  cooldown: "10s",
  every: "1s",
  fire: ({ now, usual }) => ({
    volume: now.volume,
    times: now.volume / (usual.volume / 12),
    buyShare: Number.isNaN(now.buyShare) ? null : now.buyShare,
  }),
});
