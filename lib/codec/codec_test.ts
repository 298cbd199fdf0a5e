import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES, type MarketEvent, type Trade } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";
import { decode, decodeAt, Encoder, MessageWriter, toJson, writeMessage } from "./mod.ts";
import { anyEvent, anyRecord, anyTimeUs } from "./testing/records.ts";

const TRADE: Trade = {
  type: "trade",
  timestampUs: 1763700000_123456,
  receivedAtUs: 1763700000_123999,
  symbol: "BTCUSD",
  feed: "kraken",
  sequence: 42,
  price: 63005.1,
  size: 0.001,
  side: "buy",
  tradeId: "81234567",
};

for (const type of EVENT_TYPES) {
  Deno.test(`the ${type} comes back from its bytes as it was`, () => {
    const encoder = new Encoder();
    fc.assert(fc.property(anyRecord[type], (event) => {
      assert.deepEqual(decode(type, encoder.encode(event)), event);
    }));
  });
}

Deno.test("messages stay as they are while others are encoded after them", () => {
  const encoder = new Encoder();
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 200, maxLength: 400 }), (events) => {
      const messages = events.map((event) => encoder.encode(event));
      messages.forEach((bytes, i) => {
        const event = events[i]!;
        assert.deepEqual(decode(event.type, bytes), event);
      });
    }),
    { numRuns: 10 },
  );
});

Deno.test("a symbol has the feed of its record, whichever it came with before, also none", () => {
  const encoder = new Encoder();
  for (const symbol of ["BTCUSD", "", "KXΔ-1", "KXHIGHNY-25NOV21-B52.5"]) {
    for (const feed of ["kraken", "kalshi", "", "kraken"]) {
      const trade = { ...TRADE, symbol, feed };
      const bytes = encoder.encode(trade);
      assert.deepEqual(decode("trade", bytes), trade);
      assert.deepEqual(bytes, new Encoder().encode(trade));
    }
  }
});

Deno.test("a record larger than a chunk is one whole message", () => {
  const encoder = new Encoder();
  const small = encoder.encode(TRADE);
  const level = (i: number) => ({ price: i / 100, size: i });
  const { price: _price, size: _size, side: _side, tradeId: _tradeId, ...base } = TRADE;
  const book: MarketEvent = {
    ...base,
    type: "orderbook",
    kind: "snapshot",
    bids: Array.from({ length: 50_000 }, (_, i) => level(i)),
    asks: [],
    depth: 0,
    checksum: "unverified",
  };
  assert.deepEqual(decode("orderbook", encoder.encode(book)), book);
  assert.deepEqual(decode("trade", small), TRADE);
});

Deno.test("in one buffer messages stand at any offset, and one that cannot be written leaves nothing", () => {
  const out = new MessageWriter({ isWhole: true });
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 300 }), fc.nat(9), (events, apart) => {
      const ends = events.map((event) => {
        out.skip(apart);
        const start = out.end;
        assert.throws(() => writeMessage(out, { ...TRADE, sequence: -1 }), CodecError);
        writeMessage(out, event);
        return { start, end: out.end };
      });
      const bytes = out.take();
      events.forEach((event, i) => {
        const { start, end } = ends[i]!;
        assert.deepEqual(decodeAt(event.type, bytes, start, end), event);
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("a time comes back exactly to the microsecond", () => {
  const encoder = new Encoder();
  fc.assert(fc.property(anyTimeUs, (timestampUs) => {
    const bytes = encoder.encode({ ...TRADE, timestampUs });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    assert.equal(view.getBigUint64(16, true), BigInt(timestampUs) * 1000n);
    assert.equal(decode("trade", bytes).timestampUs, timestampUs);
  }));
});

Deno.test("a foreign time below a microsecond is rounded down", () => {
  const bytes = new Encoder().encode(TRADE).slice();
  const view = new DataView(bytes.buffer);
  fc.assert(fc.property(fc.bigInt(0n, 9007199254740991999n), (ns) => {
    view.setBigUint64(16, ns, true);
    assert.equal(BigInt(decode("trade", bytes).timestampUs), ns / 1000n);
  }));
});

Deno.test("times and counts beyond 2^53 are refused, not rounded", () => {
  const bytes = new Encoder().encode(TRADE).slice();
  const view = new DataView(bytes.buffer);
  view.setBigUint64(16, 9007199254740992000n, true);
  assert.throws(() => decode("trade", bytes), CodecError);
  view.setBigUint64(16, 0n, true);
  view.setBigUint64(32, 1n << 53n, true);
  assert.throws(() => decode("trade", bytes), CodecError);
});

Deno.test("a decimal of up to 15 digits prints as the same decimal after the trip", () => {
  const encoder = new Encoder();
  const digits = fc.bigInt(1n, 999_999_999_999_999n);
  fc.assert(
    fc.property(digits, fc.integer({ min: 0, max: 20 }), fc.boolean(), (steps, decimals, minus) => {
      const padded = String(steps).padStart(decimals + 1, "0");
      const point = padded.length - decimals;
      const text = `${minus ? "-" : ""}${padded.slice(0, point)}.${padded.slice(point)}0`;
      const event = { ...TRADE, price: Number(text) };
      const { price } = decode("trade", encoder.encode(event));
      assert.equal(plain(String(price)), plain(text));
    }),
    { numRuns: 5000 },
  );
});

/** A decimal text as sign, digits and exponent without needless zeros. */
function plain(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + digits.length - trimmed.length;
  return `${sign}${trimmed}e${power}`;
}

Deno.test("NaN in a ticker is read as not given", () => {
  const event: MarketEvent = {
    ...{ type: "ticker", timestampUs: 0, receivedAtUs: 0, symbol: "S", feed: "f", sequence: 1 },
    ...{ bidPrice: NaN, bidSize: -0, askPrice: null, askSize: 0, lastPrice: Infinity },
    ...{ lastSize: null, volume24h: 5e-324, openInterest: -NaN },
  };
  assert.deepEqual(decode("ticker", new Encoder().encode(event)), {
    ...event,
    bidPrice: null,
    openInterest: null,
  });
});

Deno.test("the same symbol is the same text however often it is read, and others are not mixed up", () => {
  const encoder = new Encoder();
  for (let i = 0; i < 20_000; i++) {
    const event = { ...TRADE, symbol: `S${i % 7}`, tradeId: `id-${i}` };
    assert.deepEqual(decode("trade", encoder.encode(event)), event);
  }
});

Deno.test("a lone surrogate is written as the replacement character", () => {
  const { symbol } = decode("trade", new Encoder().encode({ ...TRADE, symbol: "a\ud800b" }));
  assert.equal(symbol, "a\ufffdb");
});

const REFUSED: [string, Partial<Record<keyof Trade, unknown>>][] = [
  ["a negative time", { timestampUs: -1 }],
  ["half a microsecond", { receivedAtUs: 0.5 }],
  ["a time that is no number", { timestampUs: NaN }],
  ["a sequence beyond 2^53", { sequence: 2 ** 53 }],
  ["a side that the schema does not have", { side: "short" }],
];
for (const [what, change] of REFUSED) {
  Deno.test(`${what} is refused, and the next record is not touched by it`, () => {
    const encoder = new Encoder();
    const expected = encoder.encode(TRADE);
    const wrong = { ...TRADE, ...change } as Trade;
    assert.throws(() => encoder.encode(wrong), {
      name: "CodecError",
      code: "CODEC_OUT_OF_RANGE",
      message: new RegExp(`^${Object.keys(change)[0]} cannot be encoded`),
    });
    assert.deepEqual(encoder.encode(TRADE), expected);
  });
}

Deno.test("a depth that is no 32-bit count, and a text beyond 512 MiB, are refused", () => {
  const [book] = fc.sample(anyRecord.orderbook, 1);
  for (const depth of [-1, 0.5, 2 ** 32, NaN]) {
    assert.throws(() => new Encoder().encode({ ...book!, depth }), {
      message: `depth cannot be encoded: it is ${depth}`,
    });
  }
  const tradeId = "x".repeat(180_000_000);
  assert.throws(() => new Encoder().encode({ ...TRADE, tradeId }), { code: "CODEC_OUT_OF_RANGE" });
});

Deno.test("toJson() gives times in nanoseconds as text and keeps what is absent as null", () => {
  assert.deepEqual(toJson(TRADE), {
    type: "trade",
    symbol: "BTCUSD",
    feed: "kraken",
    seq: 42,
    run: null,
    connection: null,
    ts: "1763700000123456000",
    recv_ts: "1763700000123999000",
    price: 63005.1,
    size: 0.001,
    side: "buy",
    id: "81234567",
  });
  fc.assert(fc.property(anyEvent, (event) => {
    const view = toJson(event);
    assert.equal(BigInt(String(view.ts)), BigInt(event.timestampUs) * 1000n);
    assert.ok(Object.values(view).every((value) => value !== undefined));
    if (event.type === "gap") assert.equal(view.missed, event.missed);
    if (event.type === "ticker") assert.equal(view.open_interest, event.openInterest);
  }));
});
