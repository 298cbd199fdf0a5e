import assert from "node:assert/strict";
import { decode, Encoder, SCHEMAS } from "./mod.ts";
import { capnp, encodeText, withoutCapnp } from "./testing/capnp_tool.ts";

const ID = "@0xb1f3a3c0d1e400ff;\n";
const BASE = `timestampNs @0 :UInt64; receivedAtNs @1 :UInt64; symbol @2 :Text; feed @3 :Text;
  sequence @4 :UInt64;`;
const BASE_TEXT = 'timestampNs = 5000, receivedAtNs = 6000, symbol = "BTCUSD", feed = "kraken"';
const BASE_EVENT = { timestampUs: 5, receivedAtUs: 6, symbol: "BTCUSD", feed: "kraken" };

/** What we read where another schema's writer wrote `text`, in one segment and in many. */
async function reads(
  type: "trade" | "ticker" | "orderbook" | "status" | "gap",
  schema: string,
  text: string,
  expected: Record<string, unknown>,
): Promise<void> {
  for (const segmentWords of [undefined, 1]) {
    const bytes = await encodeText(ID + schema, SCHEMAS[type].name, text, segmentWords);
    assert.deepEqual(decode(type, bytes), { type, ...BASE_EVENT, ...expected });
  }
}

Deno.test({
  name: "what an older writer did not know reads as its default",
  ignore: withoutCapnp,
  fn: async () => {
    const first =
      "timestampNs @0 :UInt64; receivedAtNs @1 :UInt64; symbol @2 :Text; feed @3 :Text;";
    const text = `(${BASE_TEXT})`;
    await reads("trade", `struct Trade { ${first} }`, text, {
      sequence: 0,
      price: 0,
      size: 0,
      side: "unknown",
      tradeId: "",
    });
    await reads("ticker", `struct Ticker { ${first} }`, text, {
      sequence: 0,
      bidPrice: null,
      bidSize: null,
      askPrice: null,
      askSize: null,
      lastPrice: null,
      lastSize: null,
      volume24h: null,
      openInterest: null,
    });
    await reads("orderbook", `struct OrderBook { ${first} }`, text, {
      sequence: 0,
      kind: "snapshot",
      bids: [],
      asks: [],
      depth: 0,
      checksum: "unverified",
    });
    await reads("status", `struct Status { ${first} }`, text, {
      sequence: 0,
      state: "unknown",
      result: "",
      detail: "",
    });
    await reads("gap", `struct Gap { ${first} }`, text, {
      sequence: 0,
      reason: "disconnect",
      fromUs: 0,
      toUs: 0,
      missed: null,
      recovered: false,
      detail: "",
      channel: "all",
    });
  },
});

Deno.test({
  name: "levels of an older, smaller struct and of a plain list of prices are read",
  ignore: withoutCapnp,
  fn: async () => {
    const rest = {
      sequence: 7,
      kind: "snapshot",
      bids: [{ price: 1.5, size: 0 }, { price: 2.5, size: 0 }],
      asks: [],
      depth: 0,
      checksum: "unverified",
    };
    const struct = (list: string) =>
      `struct OrderBook { ${BASE}
      kind @5 :UInt16; bids @6 :${list}; asks @7 :${list}; }`;
    const old = `struct Level { price @0 :Float64; } ${struct("List(Level)")}`;
    const levels = "[(price = 1.5), (price = 2.5)]";
    await reads("orderbook", old, `(${BASE_TEXT}, sequence = 7, bids = ${levels})`, rest);
    const prices = `(${BASE_TEXT}, sequence = 7, bids = [1.5, 2.5])`;
    await reads("orderbook", struct("List(Float64)"), prices, rest);
  },
});

Deno.test({
  name: "what a newer writer added is passed over",
  ignore: withoutCapnp,
  fn: async () => {
    const schema = `struct Level {
      price @0 :Float64; size @1 :Float64; orders @2 :UInt32; owner @3 :Text; more @4 :List(Level);
    }
    struct OrderBook { ${BASE} kind @5 :UInt16; bids @6 :List(Level); asks @7 :List(Level);
      depth @8 :UInt32; checksum @9 :UInt16; run @10 :UInt64; connection @11 :UInt16;
      flags @12 :UInt64; note @13 :Text; }`;
    const level = (n: number) =>
      `(price = ${n}.25, size = ${n}, orders = 9, owner = "x", more = [(price = 1)])`;
    const text = `(${BASE_TEXT}, sequence = 8, kind = 1, bids = [${level(1)}, ${level(2)}],
      asks = [${level(3)}], depth = 10, checksum = 1, flags = 77, note = "later")`;
    await reads("orderbook", schema, text, {
      sequence: 8,
      kind: "delta",
      bids: [{ price: 1.25, size: 1 }, { price: 2.25, size: 2 }],
      asks: [{ price: 3.25, size: 3 }],
      depth: 10,
      checksum: "verified",
    });
  },
});

Deno.test({
  name: "an enum value of a newer writer reads as unknown, or as the first",
  ignore: withoutCapnp,
  fn: async () => {
    const trade = `struct Trade { ${BASE} price @5 :Float64; size @6 :Float64; side @7 :UInt16;
      tradeId @8 :Text; }`;
    const text = `(${BASE_TEXT}, sequence = 1, price = 1.5, size = 2, side = 9, tradeId = "t")`;
    const expected = { sequence: 1, price: 1.5, size: 2, side: "unknown", tradeId: "t" };
    await reads("trade", trade, text, expected);
    const gap = `struct Gap { ${BASE} reason @5 :UInt16; }`;
    await reads("gap", gap, `(${BASE_TEXT}, sequence = 1, reason = 900)`, {
      sequence: 1,
      reason: "disconnect",
      fromUs: 0,
      toUs: 0,
      missed: null,
      recovered: false,
      detail: "",
      channel: "all",
    });
  },
});

Deno.test({
  name: "an older reader of capnp reads what it knows of our record",
  ignore: withoutCapnp,
  fn: async () => {
    const bytes = new Encoder().encode({
      type: "status",
      ...BASE_EVENT,
      sequence: 3,
      state: "settled",
      result: "yes",
      detail: "x",
    });
    const schema = `${ID}struct Status { ${BASE} }`;
    const text = await capnp(["decode", "--short", "{schema}", "Status"], schema, bytes);
    assert.equal(new TextDecoder().decode(text).trim(), `(${BASE_TEXT}, sequence = 3)`);
  },
});
