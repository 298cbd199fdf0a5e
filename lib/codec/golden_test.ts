import assert from "node:assert/strict";
import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { decode, Encoder, SCHEMAS } from "./mod.ts";

const BASE = {
  timestampUs: 1763700000_123456,
  receivedAtUs: 1763700000_124001,
  symbol: "BTCUSD",
  feed: "kraken",
  sequence: 4294967298,
};

const GOLDEN: { [T in EventType]: Extract<MarketEvent, { type: T }> } = {
  trade: {
    type: "trade",
    ...BASE,
    price: 63005.1,
    size: 0.00012345,
    side: "sell",
    tradeId: "81234567",
  },
  ticker: {
    type: "ticker",
    ...BASE,
    bidPrice: 63005.1,
    bidSize: 0,
    askPrice: 63005.2,
    askSize: 1.5,
    lastPrice: 63005.1,
    lastSize: null,
    volume24h: 1234.56789,
    openInterest: null,
  },
  orderbook: {
    type: "orderbook",
    ...BASE,
    kind: "delta",
    bids: [{ price: 63005.1, size: 0 }, { price: 63004.9, size: 2.25 }],
    asks: [],
    depth: 10,
    checksum: "verified",
  },
  status: {
    type: "status",
    ...BASE,
    timestampUs: 0,
    symbol: "KXHIGHNY-25NOV21-B52.5",
    feed: "kalshi",
    state: "settled",
    result: "yes",
    detail: "café 決済",
  },
  gap: {
    type: "gap",
    ...BASE,
    symbol: "_all",
    reason: "sequence",
    fromUs: 1763699999_000000,
    toUs: 1763700000_124001,
    missed: 3,
    recovered: true,
    detail: "expected 17, got 20",
    channel: "all",
  },
};

/** What names a record beside its number. */
const ORIGIN = { run: 1763699999_000001, connection: 3 };

/** The same records with all that the second version appended. */
const GOLDEN_V2 = {
  orderbook: { ...GOLDEN.orderbook, ...ORIGIN },
  gap: { ...GOLDEN.gap, ...ORIGIN, reason: "planned" },
  trade: { ...GOLDEN.trade, ...ORIGIN, orderType: "market", isBlockTrade: true },
  ticker: {
    ...GOLDEN.ticker,
    ...ORIGIN,
    vwap24h: 62987.65,
    trades24h: 98765,
    low24h: 61000.1,
    high24h: 64000.9,
    volumeTotal: 384196.44,
    dollarVolume: 192098,
    dollarOpenInterest: 64074,
  },
  status: {
    ...GOLDEN.status,
    ...ORIGIN,
    kind: "terms",
    settlementValue: 0.42,
    openAtUs: 1763690000_000000,
    closeAtUs: 1763780400_000000,
    priceLevelStructure: "tapered_deci_cent",
  },
} as const satisfies Partial<{ [T in EventType]: Extract<MarketEvent, { type: T }> }>;

/** The bytes of a file of hex digits, eight bytes a line. */
async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = await Deno.readTextFile(new URL(`testdata/${name}`, import.meta.url));
  return Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (digits) => parseInt(digits, 16));
}

for (const type of EVENT_TYPES) {
  Deno.test(`the golden bytes of v1 of ${type} are read as ever`, async () => {
    assert.deepEqual(decode(type, await bytesOf(`${type}.v1.hex`)), GOLDEN[type]);
  });

  Deno.test(`the golden bytes of ${SCHEMAS[type].version} of ${type} are read and written`, async () => {
    const bytes = await bytesOf(`${type}.${SCHEMAS[type].version}.hex`);
    const record = { ...GOLDEN, ...GOLDEN_V2 }[type];
    assert.deepEqual(decode(type, bytes), record);
    assert.deepEqual(new Encoder().encode(record), bytes);
  });
}
