const HEAD = { id: "BTCUSD", name: "Bitcoin / US dollar", asset_class: "crypto" };
const VERSION = {
  effective: "2026-01-01",
  known: "2026-11-28",
  state: "open",
  base: "BTC",
  quote: "USD",
  price_grid: [{ from: "0", to: "999999999999999", step: "0.1" }],
  size_step: "0.00000001",
  size_min: "0.00005",
};
const MAPPINGS = [
  { feed: "kraken", external: "BTC/USD", from: "2024-01-01", known: "2026-11-28" },
];

export const INSTRUMENT_VIEW = { ...HEAD, version: VERSION, mappings: MAPPINGS };
export const INSTRUMENTS = { instruments: [INSTRUMENT_VIEW], next: "BTCUSD" };
export const INSTRUMENT_HISTORY = { ...HEAD, versions: [VERSION], mappings: MAPPINGS };
export const LOOKUP = {
  feed: "kraken",
  external: "BTC/USD",
  at: "2026-11-28T00:00:00.000000Z",
  id: "BTCUSD",
};
export const RESOLUTION = {
  mappings: {
    "BTC/USD": [{
      from: "2026-11-28T00:00:00.000000Z",
      to: "2026-11-29T00:00:00.000000Z",
      name: "BTCUSD",
    }],
  },
  partial: [],
  not_found: ["XYZ/USD"],
};
