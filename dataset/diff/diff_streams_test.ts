import assert from "node:assert/strict";
import type { MarketEvent, OrderBookUpdate, Trade } from "@ssmd/market";
import { diffStreams, type StreamedRecord } from "./diff_streams.ts";

const SPAN = { fromMs: 1000, toMs: 2000 };
const SCHEMAS = new Map([["trade", "v2 abc"], ["orderbook", "v2 def"]]);

function trade(id: number, more: Partial<Trade> = {}): Trade {
  return {
    ...{ type: "trade", timestampUs: id * 1000, receivedAtUs: id * 1000 + 5, symbol: "BTCUSD" },
    ...{ feed: "kraken", sequence: id, run: 1, connection: 1 },
    ...{ price: id, size: 1, side: "buy", tradeId: `${id}` },
    ...more,
  };
}

/** A book's change to which the venue gives no time. */
function book(price: number, more: Partial<OrderBookUpdate> = {}): OrderBookUpdate {
  return {
    ...{ type: "orderbook", timestampUs: 0, receivedAtUs: 7, symbol: "BTCUSD", feed: "kraken" },
    ...{ sequence: 1, kind: "delta", bids: [{ price, size: 1 }], asks: [], depth: 10 },
    checksum: "verified",
    ...more,
  };
}

const at = (atMs: number) => (event: MarketEvent): StreamedRecord => ({ event, atMs });

function diff(old: StreamedRecord[], now: StreamedRecord[], schemas = SCHEMAS) {
  return diffStreams({
    old: { records: old, schemas: SCHEMAS },
    new: { records: now, schemas },
    span: SPAN,
  });
}

Deno.test("streams of two connections are the same, whatever is their own and in whichever order", () => {
  const own = { receivedAtUs: 99, sequence: 77, run: 2, connection: 3 };
  const events = [trade(1), book(4), trade(2), book(5)];
  const others = [trade(2, own), book(4, own), trade(1, own), book(5, own)];
  const found = diff(events.map(at(1500)), others.map(at(1500)));
  assert.deepEqual([found.same, found.symbols], [true, []]);
  assert.deepEqual(found.types.map(({ type, same }) => [type, same]), [["trade", 2], [
    "orderbook",
    2,
  ]]);
});

Deno.test("a changed and a lost record are found, those at the edges of the span left out", () => {
  const events = [at(500)(trade(1)), at(1500)(trade(2)), at(1500)(trade(3)), at(1900)(trade(4))];
  const others = [at(1500)(trade(2, { price: 9 })), at(2001)(trade(4)), at(2002)(trade(5))];
  const found = diff(events, others);
  assert.equal(found.same, false);
  const [types] = found.types;
  // The fourth came in time on one side, late on the other: it is the same.
  assert.deepEqual(types, {
    ...{ type: "trade", old: 3, new: 2, same: 1, changed: 1, onlyOld: 1, onlyNew: 0 },
    renumbered: 0,
  });
  const [first, second] = found.symbols[0]?.first ?? [];
  assert.deepEqual([first?.kind, first?.fields], ["changed", [
    { field: "price", old: 2, new: 9 },
  ]]);
  assert.equal(second?.kind, "only old");
});

Deno.test("schemas are told by type, of those types that came", () => {
  const schemas = new Map([["trade", "v3 fff"]]);
  const found = diff([at(1500)(trade(1))], [at(1500)(trade(1))], schemas);
  assert.deepEqual(found.schemas, [{ type: "trade", old: "v2 abc", new: "v3 fff" }]);
});
