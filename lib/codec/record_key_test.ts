import assert from "node:assert/strict";
import { EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import { Encoder, RecordKeyReader } from "./mod.ts";

const BASE = {
  timestampUs: 7,
  receivedAtUs: 1_785_552_830_123_456,
  symbol: "BTCUSD",
  feed: "kraken",
  sequence: 2 ** 40 + 3,
};
const BOOK = { bids: [{ price: 1, size: 2 }], asks: [], depth: 10, checksum: "verified" } as const;
const RECORDS: MarketEvent[] = [
  { ...BASE, type: "trade", price: 1, size: 2, side: "buy", tradeId: "t" },
  {
    ...BASE,
    type: "ticker",
    ...{ bidPrice: 1, bidSize: 1, askPrice: 2, askSize: 2 },
    ...{ lastPrice: null, lastSize: null, volume24h: 7, openInterest: null },
  },
  { ...BASE, type: "orderbook", kind: "delta", ...BOOK, bids: [...BOOK.bids], asks: [] },
  { ...BASE, type: "status", state: "open", result: "", detail: "" } as MarketEvent,
  {
    ...BASE,
    type: "gap",
    ...{
      reason: "sequence",
      fromUs: 1,
      toUs: 2,
      missed: 3,
      recovered: true,
      detail: "d",
      channel: "all",
    },
  } as MarketEvent,
  {
    ...{ ...BASE, type: "fire", id: "0", signal: "s", version: 1, sourceHash: "a" },
    ...{ paramsHash: "b", causeSequence: 9, causeReceivedAtUs: 1, values: "{}", engine: "1" },
  },
  {
    ...{ ...BASE, type: "action", id: "a", fireId: "0", firedAtUs: 1, signal: "s", policy: "p" },
    ...{ action: "note", kind: "log", detail: "{}", state: "done", chosenBy: "default", model: "" },
    ...{ reason: "", problem: "", decidedBy: "", values: "{}" },
  },
];

Deno.test("the key of a record is read from a message of every type", () => {
  const encoder = new Encoder();
  const keys = new RecordKeyReader();
  for (const type of EVENT_TYPES) {
    const record = RECORDS.find((each) => each.type === type);
    assert.ok(record, type);
    keys.read(encoder.encode(record));
    const { symbol, receivedAtUs, sequence } = keys;
    assert.deepEqual(
      [symbol, receivedAtUs, sequence],
      [BASE.symbol, BASE.receivedAtUs, BASE.sequence],
    );
  }
});
