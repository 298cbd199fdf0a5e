/** State builders of signals, for models and `list_state_builders`. */
export const STATE_BUILDERS = [
  {
    name: "orderbook",
    options: "{depth?}",
    reads: "bid ask bidSize askSize spread mid bidVolume askVolume imbalance (-1 to 1)",
  },
  {
    name: "priceHistory",
    options: "{window, source: trade|mid}",
    reads: 'last high low ago("10s") change("10s") (a share: 0.01 = 1 %)',
  },
  {
    name: "volumeProfile",
    options: "{window}",
    reads: "volume buyVolume sellVolume buyShare (0 to 1) trades pointOfControl",
  },
] as const;
