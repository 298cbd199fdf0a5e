const REVISION = {
  as_of: "2026-11-25",
  origin: { commit: null, time: null, note: null },
};

export const META_FEEDS = {
  ...REVISION,
  feeds: [{
    feed: "kraken",
    name: "Kraken",
    type: "spot",
    status: "active",
    calendar: null,
    version: {
      from: "2026-01-01",
      types: ["trade", "ticker", "orderbook"],
      book_depths: [10, 25, 100, 500, 1000],
      book_checksum: true,
      parser: "kraken-v2",
      needs_key: false,
    },
    versions: 1,
  }],
};

export const META_SCHEMAS = {
  ...REVISION,
  schemas: [{
    schema: "trade",
    struct: "Trade",
    in_force: "v1",
    versions: [{
      version: "v1",
      from: "2026-01-01",
      status: "active",
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      text: null,
    }],
  }],
};

export const META_ENVIRONMENTS = {
  ...REVISION,
  environments: [{
    environment: "demo",
    is_this: true,
    feeds: ["kraken", "kalshi"],
    symbols: 8,
    shards: [],
    schema: "v1",
    transport: "memory",
    storage: "local",
    simulated: true,
  }],
};

export const META_INVENTORY = {
  from: "2026-11-19",
  to: "2026-11-25",
  days: [{
    feed: "kraken",
    day: "2026-11-25",
    version: "v1",
    status: "open",
    sealed: false,
    quality: 0.999,
    symbols: 4,
    records: 12_000,
    bytes: 340_000,
    from: 1795572000123.456,
    to: 1795572600123.456,
    types: [{ type: "trade", files: 10, records: 800, bytes: 21_000 }],
    gaps: 1,
  }],
  total: { records: 12_000, bytes: 340_000, quality: 0.999 },
  dead_letters: { connector: 2 },
  _hints: ["An open day still grows: its last minutes are on their way."],
};
