const AT = 1795572000123.456;
const SPAN = { symbol: "BTCUSD", feed: "kraken", from: AT - 3_600_000, to: AT };

export const TRADE_PAGE = {
  ...SPAN,
  trades: [{
    type: "trade",
    symbol: "BTCUSD",
    feed: "kraken",
    price: 62123.4,
    size: 0.01,
    side: "buy",
    ts: AT - 21,
    recv_ts: AT,
    seq: 4711,
    id: "8812345",
  }],
  order: "desc",
  next: "WyJkZXNjIiwx",
  gaps: [],
  source: { memory: 1, archive: 0 },
  _hints: ["There is more: give next as cursor, with the same parameters."],
};

export const TICKER_PAGE = {
  ...SPAN,
  tickers: [{
    type: "ticker",
    symbol: "BTCUSD",
    feed: "kraken",
    bid_price: 62123.3,
    bid_size: 0.5,
    ask_price: 62123.4,
    ask_size: 1.25,
    last_price: 62123.4,
    last_size: null,
    volume_24h: 1234.5,
    open_interest: null,
    ts: AT - 21,
    recv_ts: AT,
    seq: 4712,
  }],
  order: "desc",
  gaps: [],
  source: { memory: 0, archive: 1 },
  _hints: [],
};

export const CANDLE_LIST = {
  ...SPAN,
  interval: "1m",
  clock: "venue",
  candles: [{
    start: 1795572000000,
    complete: false,
    gap: false,
    open: 62120,
    high: 62130.1,
    low: 62119.9,
    close: 62123.4,
    volume: 1.52,
    buy_volume: 0.9,
    vwap: 62124.2,
    trades: 17,
  }],
  late_trades: 0,
  gaps: [],
  _hints: [],
};

const SERIES = { symbol: "BTCUSD", feed: "kraken", gap: false };

export const BAR_LIST = {
  ...{ ...SPAN, every: "1m" },
  bars: [{
    ...{ ...SERIES, start: 1795572000000, open: 62120, high: 62130.1, low: 62119.9 },
    ...{ close: 62123.4, volume: 1.52, buy_volume: 0.9, vwap: 62124.2, trades: 17 },
  }],
  ...{ gaps: [], _hints: [] },
};

export const TOP_OF_BOOK_LIST = {
  ...SPAN,
  top_of_book: [{
    ...{ ...SERIES, time: AT, bid_price: 62123.3, bid_size: 0.5 },
    ...{ ask_price: 62123.4, ask_size: 1.25 },
  }],
  ...{ gaps: [], _hints: [] },
};

export const BOOK_LIST = {
  ...{ ...SPAN, every: "1s", depth: 1 },
  book: [{ ...SERIES, time: 1795572000000, bids: [[62123.3, 0.5]], asks: [[62123.4, 1.25]] }],
  ...{ gaps: [], _hints: [] },
};

export const GAP_LIST = {
  from: AT - 3_600_000,
  to: AT,
  gaps: [{
    symbol: "_all",
    feed: "kraken",
    reason: "disconnect",
    channel: "all",
    from: AT - 60_000,
    to: AT - 58_000,
    missed: null,
    recovered: true,
    detail: "Recovered after 2000 ms: the connection was closed",
  }],
  _hints: [],
};
