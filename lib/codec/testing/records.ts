/** Records for property tests. @module */
import fc from "fast-check";
import {
  type Action,
  EVENT_TYPES,
  type EventType,
  type Fire,
  type Gap,
  GAP_CHANNELS,
  GAP_REASONS,
  type Level,
  type MarketEvent,
  type OrderBookUpdate,
  type Status,
  type Ticker,
  type Trade,
} from "@ssmd/market";

/** Whole microseconds. */
export const anyTimeUs: fc.Arbitrary<number> = fc.oneof(
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 4294967295, 4294967296, 1763700000_123457, Number.MAX_SAFE_INTEGER),
);
/** A decimal as venues send it, or any double but NaN. */
export const anyFigure: fc.Arbitrary<number> = fc.oneof(
  fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 8 }))
    .map(([steps, decimals]) => steps / 10 ** decimals),
  fc.double({ noNaN: true }),
);
/** Mostly ASCII, like symbols; else any text. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 60 }) },
  fc.string({ unit: "binary", maxLength: 80 }),
);

const base = {
  timestampUs: anyTimeUs,
  receivedAtUs: anyTimeUs,
  symbol: anyText,
  feed: anyText,
  sequence: fc.maxSafeNat(),
  run: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  connection: fc.integer({ min: 1, max: 65_535 }),
};
const BASE_KEYS = ["type", "timestampUs", "receivedAtUs", "symbol", "feed", "sequence"] as const;
const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null });
const levels: fc.Arbitrary<Level[]> = fc.array(
  fc.record({ price: anyFigure, size: anyFigure }, { noNullPrototype: true }),
  { maxLength: 40 },
);

const trade: fc.Arbitrary<Trade> = fc.record({
  type: fc.constant("trade"),
  ...base,
  price: anyFigure,
  size: anyFigure,
  side: fc.constantFrom("buy", "sell", "unknown"),
  tradeId: anyText,
  orderType: fc.constantFrom("limit", "market"),
  isBlockTrade: fc.constant(true),
}, {
  noNullPrototype: true,
  requiredKeys: [...BASE_KEYS, "price", "size", "side", "tradeId"],
});

const ticker: fc.Arbitrary<Ticker> = fc.record({
  type: fc.constant("ticker"),
  ...base,
  bidPrice: orNull(anyFigure),
  bidSize: orNull(anyFigure),
  askPrice: orNull(anyFigure),
  askSize: orNull(anyFigure),
  lastPrice: orNull(anyFigure),
  lastSize: orNull(anyFigure),
  volume24h: orNull(anyFigure),
  openInterest: orNull(anyFigure),
  vwap24h: anyFigure,
  trades24h: fc.maxSafeNat(),
  low24h: anyFigure,
  high24h: anyFigure,
  volumeTotal: anyFigure,
  dollarVolume: anyFigure,
  dollarOpenInterest: anyFigure,
}, {
  noNullPrototype: true,
  requiredKeys: [
    ...BASE_KEYS,
    "bidPrice",
    "bidSize",
    "askPrice",
    "askSize",
    "lastPrice",
    "lastSize",
    "volume24h",
    "openInterest",
  ],
});

const orderbook: fc.Arbitrary<OrderBookUpdate> = fc.record({
  type: fc.constant("orderbook"),
  ...base,
  kind: fc.constantFrom("snapshot", "delta"),
  bids: levels,
  asks: levels,
  depth: fc.integer({ min: 0, max: 4294967295 }),
  checksum: fc.constantFrom("unverified", "verified", "failed"),
}, {
  noNullPrototype: true,
  requiredKeys: [...BASE_KEYS, "kind", "bids", "asks", "depth", "checksum"],
});

const status: fc.Arbitrary<Status> = fc.record({
  type: fc.constant("status"),
  ...base,
  state: fc.constantFrom(
    ...["unknown", "open", "closed", "halted", "settled", "listed", "delisted"] as const,
    ...["disputed", "amended"] as const,
  ),
  result: anyText,
  detail: anyText,
  kind: fc.constantFrom("terms", "notice", "maintenance", "emergency"),
  settlementValue: anyFigure,
  openAtUs: anyTimeUs.filter((us) => us > 0),
  closeAtUs: anyTimeUs.filter((us) => us > 0),
  priceLevelStructure: anyText.filter((text) => text !== ""),
}, {
  noNullPrototype: true,
  requiredKeys: [...BASE_KEYS, "state", "result", "detail"],
});

const gap: fc.Arbitrary<Gap> = fc.record({
  type: fc.constant("gap"),
  ...base,
  reason: fc.constantFrom(...GAP_REASONS),
  fromUs: anyTimeUs,
  toUs: anyTimeUs,
  missed: orNull(fc.maxSafeNat()),
  recovered: fc.boolean(),
  channel: fc.constantFrom(...GAP_CHANNELS),
  detail: anyText,
}, {
  noNullPrototype: true,
  requiredKeys: [
    ...[...BASE_KEYS, "reason", "fromUs", "toUs", "missed", "recovered", "channel"] as const,
    "detail",
  ],
});

const anyHash = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef"),
  minLength: 64,
  maxLength: 64,
});

const anyJson = fc.dictionary(anyText, fc.maxSafeNat(), { noNullPrototype: true }).map((each) =>
  JSON.stringify(each)
);

const fire: fc.Arbitrary<Fire> = fc.record({
  type: fc.constant("fire"),
  ...base,
  id: anyHash.map((hash) => hash.slice(32)),
  signal: anyText.filter((text) => text !== ""),
  version: fc.integer({ min: 1, max: 4294967295 }),
  sourceHash: anyHash,
  paramsHash: anyHash,
  causeSequence: fc.maxSafeNat(),
  causeReceivedAtUs: anyTimeUs,
  values: anyJson,
  engine: anyText.filter((text) => text !== ""),
}, {
  noNullPrototype: true,
  requiredKeys: [
    ...[
      ...BASE_KEYS,
      "id",
      "signal",
      "version",
      "sourceHash",
      "paramsHash",
      "causeSequence",
    ] as const,
    ...["causeReceivedAtUs", "values", "engine"] as const,
  ],
});

const ACTION_TEXTS = [
  ...["id", "fireId", "signal", "policy", "action", "kind", "state", "chosenBy", "model"] as const,
  ...["reason", "problem", "decidedBy"] as const,
];

const action: fc.Arbitrary<Action> = fc.record({
  type: fc.constant("action"),
  ...base,
  ...Object.fromEntries(ACTION_TEXTS.map((name) => [name, anyText])) as Record<
    typeof ACTION_TEXTS[number],
    fc.Arbitrary<string>
  >,
  firedAtUs: anyTimeUs,
  detail: anyJson,
  values: anyJson,
}, {
  noNullPrototype: true,
  requiredKeys: [...BASE_KEYS, ...ACTION_TEXTS, "firedAtUs", "detail", "values"],
});

/** Records of each type. */
export const anyRecord: { [T in EventType]: fc.Arbitrary<Extract<MarketEvent, { type: T }>> } = {
  trade,
  ticker,
  orderbook,
  status,
  gap,
  fire,
  action,
};

/** A record of any type. */
export const anyEvent: fc.Arbitrary<MarketEvent> = fc.oneof(
  ...EVENT_TYPES.map((type): fc.Arbitrary<MarketEvent> => anyRecord[type]),
);
