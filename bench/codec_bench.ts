/** Encoding and decoding of every record type against JSON on the same records. @module */
import { decode, Encoder } from "@ssmd/codec";
import { EVENT_TYPES, type EventType, type Level, type MarketEvent } from "@ssmd/market";
import { measure, tableOf } from "./measure.ts";

/** More than texts are kept by the decoder: ids of trades are new each time, as in life. */
const RECORDS = 20_000;
const SYMBOLS = ["BTCUSD", "ETHUSD", "SOLUSD", "KXHIGHNY-25NOV21-B52.5", "ADAUSD", "XRPUSD"];

function recordOf(type: EventType, i: number): MarketEvent {
  const base = {
    timestampUs: 1763700000_000000 + i * 1013,
    receivedAtUs: 1763700000_004321 + i * 1013,
    symbol: SYMBOLS[i % SYMBOLS.length] ?? "",
    feed: "kraken",
    sequence: i + 1,
  };
  const price = (6300000 + i * 7) / 100;
  switch (type) {
    case "trade":
      return {
        type,
        ...base,
        price,
        size: i / 1000,
        side: i % 3 === 0 ? "buy" : "sell",
        tradeId: String(81234567 + i),
      };
    case "ticker":
      return {
        type,
        ...base,
        bidPrice: price,
        bidSize: i / 10,
        askPrice: price + 0.1,
        askSize: i / 100,
        lastPrice: price,
        lastSize: null,
        volume24h: 1234.5678 + i,
        openInterest: null,
      };
    case "orderbook": {
      const levels = (side: number): Level[] =>
        Array.from({ length: (i + side) % 4 }, (_, n) => ({ price: price + n, size: i / 8 }));
      return {
        type,
        ...base,
        kind: "delta",
        bids: levels(0),
        asks: levels(1),
        depth: 10,
        checksum: "verified",
      };
    }
    case "status":
      return { type, ...base, state: "open", result: "", detail: "online" };
    case "gap":
      return {
        type,
        ...base,
        reason: "sequence",
        fromUs: base.timestampUs,
        toUs: 0,
        missed: i,
        recovered: false,
        channel: "all",
        detail: "expected 17, got 19",
      };
    case "fire":
      return {
        ...{ type, ...base, id: i.toString(16).padStart(32, "0"), signal: "spread_widens" },
        ...{ version: 1, sourceHash: "a".repeat(64), paramsHash: "b".repeat(64) },
        ...{ causeSequence: i, causeReceivedAtUs: base.receivedAtUs, engine: "1 v8/15.0" },
        values: `{"spread":${price}}`,
      };
    case "action":
      return {
        ...{ type, ...base, id: `a-${i.toString(16).padStart(24, "0")}`, fireId: "f".repeat(32) },
        ...{ firedAtUs: base.receivedAtUs, signal: "spread_widens", policy: "watch" },
        ...{ action: "note", kind: "log", detail: "{}", state: "done", chosenBy: "default" },
        ...{ model: "", reason: "no model is named", problem: "", decidedBy: "" },
        values: `{"spread":${price}}`,
      };
  }
}

for (const type of EVENT_TYPES) {
  const encoder = new Encoder();
  const events = Array.from({ length: RECORDS }, (_, i) => recordOf(type, i));
  const messages = events.map((event) => encoder.encode(event));
  const apart = messages.map((message) => message.slice());
  const texts = events.map((event) => JSON.stringify(event));
  const bytes = messages.reduce((sum, message) => sum + message.length, 0) / RECORDS;
  const textBytes = texts.reduce((sum, text) => sum + text.length, 0) / RECORDS;
  let sink = 0;
  console.log(`\n${type}: ${bytes.toFixed(0)} bytes a record, as JSON ${textBytes.toFixed(0)}`);
  console.log(tableOf([
    measure("encode", RECORDS, () => {
      for (const event of events) sink += encoder.encode(event).length;
    }),
    measure("JSON.stringify", RECORDS, () => {
      for (const event of events) sink += JSON.stringify(event).length;
    }),
  ], "JSON.stringify"));
  console.log(tableOf([
    measure("decode", RECORDS, () => {
      for (const message of messages) sink += decode(type, message).sequence;
    }),
    measure("decode, each from a buffer of its own", RECORDS, () => {
      for (const message of apart) sink += decode(type, message).sequence;
    }),
    measure("JSON.parse", RECORDS, () => {
      for (const text of texts) sink += (JSON.parse(text) as MarketEvent).sequence;
    }),
  ], "JSON.parse"));
  if (!(sink > 0)) console.log("nothing was done");
}
