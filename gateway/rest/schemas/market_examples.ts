const AT = 1795572000123.456;

const SUMMARY = {
  symbol: "BTCUSD",
  feed: "kraken",
  external: "BTC/USD",
  type: "spot",
  state: "open",
  state_unknown_since: null,
  last_price: 62123.4,
  bid_price: 62123.3,
  ask_price: 62123.4,
  volume_24h: 1234.5,
  updated: AT,
  book: "live",
  gap: null,
};

export const MARKET_LIST = {
  markets: [SUMMARY],
  total: 1,
  _links: { market: "/v1/markets/{symbol}", docs: "/docs" },
};

export const SYMBOL_LIST = {
  symbols: [{
    symbol: "BTCUSD",
    feed: "kraken",
    external: "BTC/USD",
    type: "spot",
    types: ["trade", "ticker", "orderbook", "status", "gap"],
  }],
  total: 1,
};

export const FEED_LIST = {
  feeds: [{
    feed: "kraken",
    markets: 4,
    books_pending: 0,
    records: 120_000,
    records_per_second: 180,
    updated: AT,
    connection: { state: "live", why: null, since: null, next_try: null },
    subscriptions: {
      away: 1,
      list: [{
        symbol: "ETHUSD",
        channel: "trade",
        why: "The venue refused trade of ETH/USD: Exceeded msg rate",
        refused: true,
        since: AT - 9000,
        next_try: AT + 6000,
      }],
    },
    shards: [{ shard: "tier1", answers: true }, { shard: "tier2", answers: true }],
    gap: null,
  }],
};

export const ORDER_BOOK = {
  symbol: "BTCUSD",
  feed: "kraken",
  bids: [[62123.3, 0.5]],
  asks: [[62123.4, 1.25]],
  state: "live",
  suspect_since: null,
  checksum: "verified",
  ts: AT - 21,
  recv_ts: AT,
  seq: 4711,
};

export const ENRICHED = {
  ...{ type: "enriched", symbol: "BTCUSD", feed: "kraken", time: AT, valid: true },
  ...{ mid: 62123.35, spread_bps: 0.02, chain: "0123456789ab" },
};

export const MARKET_DETAILS = {
  ...SUMMARY,
  as_of: AT + 40,
  open_interest: null,
  result: null,
  trades_seen: 12,
  price: {
    bid: { price: 62123.3, size: 0.5 },
    ask: { price: 62123.4, size: 1.25 },
    mid: 62123.35,
    spread: 0.1,
    spread_bps: 0.02,
    source: "orderbook",
    age_ms: 40,
    last: { price: 62123.4, size: 0.01, side: "buy", ts: AT - 900, age_ms: 920 },
  },
  order_book: {
    state: "live",
    best_bid: [62123.3, 0.5],
    best_ask: [62123.4, 1.25],
    mid: 62123.35,
    bid_levels: 10,
    ask_levels: 10,
    bid_size: 4.1,
    ask_size: 5.2,
    imbalance: -0.118,
    crossed: false,
    depth: 10,
    checksum: "verified",
    sequence: 4711,
  },
  contract: {
    type: "spot",
    venue: "Kraken",
    venue_symbol: "BTC/USD",
    price_unit: "quote currency",
    price_step_seen: 0.1,
    size_step_seen: 1e-8,
    result: null,
    open_interest: null,
  },
  quality: {
    state: "live",
    age_ms: 40,
    feed_age_ms: 12,
    lag_ms: 21,
    gap: null,
    gaps_recent: 0,
    trades_seen: 12,
  },
  _links: { self: "/v1/markets/BTCUSD", trades: "/v1/markets/BTCUSD/trades" },
  _hints: ["Do not poll: the WebSocket in _links.stream sends every change."],
};
