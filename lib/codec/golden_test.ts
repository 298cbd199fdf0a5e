import assert from "node:assert/strict";
import { createHash } from "node:crypto";
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
  fire: {
    type: "fire",
    ...BASE,
    run: 1763699999_000001,
    connection: 3,
    id: "0123456789abcdef0123456789abcdef",
    signal: "spread_widens",
    version: 3,
    sourceHash: "a1".repeat(32),
    paramsHash: "b2".repeat(32),
    causeSequence: 4294967298,
    causeReceivedAtUs: 1763700000_124001,
    values: '{"buyShare":0.75,"spread":0.04}',
    engine: "1 v8/15.0.245.1",
  },
  action: {
    type: "action",
    ...BASE,
    run: 1763699999_000001,
    connection: 3,
    id: "a-0123456789abcdef01234567",
    fireId: "0123456789abcdef0123456789abcdef",
    firedAtUs: 1763700000_124001,
    signal: "spread_widens",
    policy: "watch",
    action: "desk",
    kind: "webhook",
    detail: '{"to":"desk"}',
    state: "done",
    chosenBy: "model",
    model: "scripted",
    reason: "the spread is wide – 決済",
    problem: "",
    decidedBy: "ann",
    values: '{"buyShare":0.75,"spread":0.04}',
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

/** SHA-256 of the texts of v1, as they were registered. */
const V1_TEXTS: Record<EventType, string> = {
  trade: "6ffce907c603b85f3a7c645a99c64dde0100bbcdd43815ac6f5b62fa290883e0",
  ticker: "7e1c21314c01b7671c0ec1160c3cee360b760cbae9d47e0bba0f50aec32f9366",
  orderbook: "5da926d0bac1033322c803661e57a47da5a1ade871f27a7891bae9469acd6be4",
  status: "1467abc2f1ec3d38ecb8354187c8a1c745261eb9907ae6f510b00601862d583c",
  gap: "993264577bd7a7cc1d9ce12d4a2d1aeb6cc840f5f2083aae7442ca7bf5f827e0",
  fire: "c7c353b08409a23d78b924ec6d41c647eec486f85a50d6063576449a86dad577",
  action: "1183f37ce054f7dc60f87001066bb5dd58240803e56ec4bb6b284788f7a584cf",
};

for (const type of EVENT_TYPES) {
  Deno.test(`the text of v1 of ${type} is the one that was registered`, async () => {
    const text = new URL(`../../exchanges/schemas/${type}.capnp`, import.meta.url);
    const hash = createHash("sha256").update(await Deno.readFile(text)).digest("hex");
    assert.equal(hash, V1_TEXTS[type]);
  });

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
