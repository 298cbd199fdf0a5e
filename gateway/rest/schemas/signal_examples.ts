const HASH = "6ffce907c603b85f3a7c645a99c64dde0100bbcdd43815ac6f5b62fa290883e0";

/** A signal. */
export const SIGNAL = {
  ...{ id: "spread_widens", title: "Spread widens on one-sided flow", version: 1 },
  ...{ state: "running", why: "", feeds: ["kalshi"], symbols: ["*"] },
  ...{ params: { minSpread: 0.04 }, source_hash: HASH, fires: 12, errors: 0 },
  last_fire: 1795572000123.456,
};

export const SIGNAL_LIST = { signals: [SIGNAL], lag_seconds: 0, _hints: [] };

/** A page of fires. */
export const FIRE_PAGE = {
  ...{ signal: "spread_widens", from: 1795485600000, to: 1795572000000, _hints: [] },
  gaps: [],
  fires: [{
    ...{ type: "fire", symbol: "KXBTC-26.5", feed: "kalshi", signal: "spread_widens" },
    ...{ id: "b0e1c2d3a4f5061728394a5b6c7d8e9f", version: 1, values: { spread: 0.05 } },
    ...{ source_hash: HASH, params_hash: HASH, cause_seq: 18, cause_recv_ts: 1795571000123.456 },
    ...{ engine: "1 v8/15.0.245.1", ts: null, recv_ts: 1795571000123.456, seq: 18 },
  }],
};

/** Switches. */
export const SIGNAL_SWITCHES = {
  switches: [{
    ...{ at: 1795572000123.456, action: "deploy" },
    stream: { created_at_us: 1795485600000000, sequence: 4711 },
    feeds: { kalshi: 1795572000100000 },
    signals: [{ id: "spread_widens", version: 1, source_hash: HASH, params_hash: HASH }],
  }],
};
