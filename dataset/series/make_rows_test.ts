import assert from "node:assert/strict";
import type { OrderBookUpdate, Trade } from "@ssmd/market";
import { type BookRow, type SampleOptions } from "./book_sampler.ts";
import type { MissingSpan } from "./gap_marks.ts";
import { barRows, bookRows } from "./make_rows.ts";

const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;
const BASE = { feed: "kraken", run: 1, connection: 1 };

function update(
  seconds: number,
  bid: number,
  { kind = "delta", size = 1, symbol = "BTCUSD" }: Partial<OrderBookUpdate> & { size?: number } =
    {},
): OrderBookUpdate {
  return {
    ...{ ...BASE, type: "orderbook", symbol, kind, depth: 0, checksum: "verified" },
    ...{ timestampUs: 0, receivedAtUs: DAY_US + seconds * SECOND_US, sequence: seconds },
    ...{ bids: [{ price: bid, size }], asks: [] },
  };
}

function lost(from: number, to: number, symbol = "_all"): MissingSpan {
  const [fromUs, toUs] = [from, to].map((each) => DAY_US + each * SECOND_US) as [number, number];
  return { symbol, channel: "all", reason: "disconnect", fromUs, toUs };
}

/** Rows as [second, best bid or "-", "gap" or ""]; updates of before are only read when needed. */
async function sampled(
  updates: readonly OrderBookUpdate[],
  options: Partial<SampleOptions> = {},
  before: readonly OrderBookUpdate[] = [],
): Promise<[number, number | string, string][]> {
  const all = { feed: "kraken", depth: 5, everyUs: SECOND_US, gaps: [], ...options };
  const span = { fromUs: DAY_US, toUs: 2 * DAY_US, ...options };
  async function* given() {
    yield updates;
  }
  async function* read(symbol: string, fromUs: number, toUs: number) {
    yield before.filter((each) =>
      each.symbol === symbol && each.receivedAtUs >= fromUs && each.receivedAtUs < toUs
    );
  }
  const rows: BookRow[] = [];
  for await (const some of bookRows(given(), { ...all, ...span }, read)) rows.push(...some);
  return rows.map(({ timeUs, bids: [best], gap }) => [
    (timeUs - DAY_US) / SECOND_US,
    best?.price ?? "-",
    gap ? "gap" : "",
  ]);
}

const SNAPSHOT = { kind: "snapshot" } as const;

Deno.test("a sampled book has a row where its levels changed, and none where they did not", async () => {
  const updates = [
    update(0.2, 100, SNAPSHOT),
    update(0.4, 101),
    update(2.5, 101),
    update(3.5, 101, { size: 0 }),
  ];
  assert.deepEqual(await sampled(updates), [[1, 101, ""], [4, 100, ""]]);
});

Deno.test("from a gap to the next snapshot a book is not known, whatever changes come", async () => {
  const updates = [
    update(1, 100, SNAPSHOT),
    update(5, 105),
    update(8.5, 90, SNAPSHOT),
    update(12, 91),
  ];
  const gaps = [lost(3, 8)];
  assert.deepEqual(await sampled(updates, { gaps }), [
    [1, 100, ""],
    [4, "-", "gap"],
    [9, 90, ""],
    [12, 91, ""],
  ]);
  assert.deepEqual(await sampled(updates, { gaps, everyUs: 0 }), [
    [1, 100, ""],
    [3, "-", "gap"],
    [8.5, 90, "gap"],
    [12, 91, ""],
  ]);
  assert.equal((await sampled(updates, { gaps: [lost(3, 8, "ETHUSD")] })).length, 4);
});

Deno.test("a span begins with the book of the last snapshot before it, however long ago", async () => {
  const before = [update(-86_000, 100, SNAPSHOT), update(-50_000, 101)];
  assert.deepEqual(await sampled([update(2, 102)], {}, before), [[0, 101, ""], [2, 102, ""]]);
  const gaps = [lost(-60_000, -55_000)];
  assert.deepEqual(await sampled([update(2, 102)], { gaps }, before), [[0, "-", "gap"]]);
  assert.deepEqual(await sampled([update(2, 102)]), [[2, "-", "gap"]], "no snapshot is known");
});

Deno.test("bars are by symbol and the venue's time, without trades that came too late for it", async () => {
  const trade = (symbol: string, at: number, late: number, price: number): Trade => ({
    ...{ ...BASE, type: "trade", symbol, sequence: 1, price, size: 2, side: "buy", tradeId: "" },
    ...{ timestampUs: DAY_US + at * SECOND_US, receivedAtUs: DAY_US + (at + late) * SECOND_US },
  });
  async function* trades() {
    yield [trade("A", 1, 0, 10), trade("A", 61, 0, 12), trade("A", 2, 599, 11)];
    yield [trade("A", 3, 601, 99), trade("B", 200, 0, 5)];
  }
  const options = { everyUs: 60 * SECOND_US, fromUs: DAY_US, toUs: DAY_US + 180 * SECOND_US };
  const bars = [];
  for await (const some of barRows(trades(), { ...options, gaps: [lost(70, 80)] })) {
    bars.push(...some);
  }
  const figures = bars.map(({ symbol, open, close, volume, trades, gap }) =>
    [symbol, open, close, volume, trades, gap] as const
  );
  assert.deepEqual(figures, [["A", 10, 11, 4, 2, false], ["A", 12, 12, 2, 1, true]]);
});
