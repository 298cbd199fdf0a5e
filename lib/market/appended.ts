import type { MarketEvent } from "./event.ts";

/**
 * The fields that were appended to records, with their names in JSON and tables, in order. A name
 * that ends in `Us` is a time.
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
