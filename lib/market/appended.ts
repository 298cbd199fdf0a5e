import type { MarketEvent } from "./event.ts";

/**
 * Fields appended to records in later versions: name → name in JSON and tables, in order. Names
 * ending in `Us` are times.
 */
export const APPENDED_FIELDS = {
  trade: { orderType: "order_type", isBlockTrade: "is_block_trade" },
  ticker: {
    vwap24h: "vwap_24h",
    trades24h: "trades_24h",
    low24h: "low_24h",
    high24h: "high_24h",
    volumeTotal: "volume_total",
    dollarVolume: "dollar_volume",
    dollarOpenInterest: "dollar_open_interest",
  },
  orderbook: {},
  status: {
    kind: "kind",
    settlementValue: "settlement_value",
    openAtUs: "open_at",
    closeAtUs: "close_at",
    priceLevelStructure: "price_level_structure",
  },
  gap: {},
  fire: {},
  action: {},
} as const satisfies {
  [T in MarketEvent["type"]]: Partial<Record<keyof Extract<MarketEvent, { type: T }>, string>>;
};
