import assert from "node:assert/strict";
import { enrichChain, EnrichedMarket, type EnrichedRow } from "@ssmd/enrich";
import type { MarketEvent, OrderBookUpdate } from "@ssmd/market";
import { seededRandom } from "@ssmd/runtime";
import { CrossedMarket, type OtherTop } from "./crossed_market.ts";

interface Random {
  between(min: number, below: number): number;
}

function randomOf(seed: number): Random {
  const next = seededRandom(seed);
  return { between: (min, below) => min + Math.floor(next() * (below - min)) };
}

const START_US = 1_790_000_000_000_000;

function update(symbol: string, timeUs: number, bid: number): OrderBookUpdate {
  return {
    ...{ type: "orderbook", kind: "snapshot", feed: "f", symbol, timestampUs: 0, sequence: timeUs },
    ...{ receivedAtUs: timeUs, depth: 0, checksum: "unverified" },
    ...{ bids: [{ price: bid, size: 1 }], asks: [{ price: bid + 1, size: 1 }] },
  } as OrderBookUpdate;
}

function market(rows: EnrichedRow[]): EnrichedMarket {
  const chain = enrichChain([
    { name: "other", type: "cross_feed", symbols: { A: "B" } },
    { name: "basis", type: "calculation", values: { basis: "mid - (other_bid + other_ask) / 2" } },
    { name: "good", type: "quality", stale_after: 40 },
  ]);
  assert.ok(chain);
  return new EnrichedMarket({ symbol: "A", feed: "f", chain, onRow: (row) => rows.push(row) });
}

/** Records and tops by time, some at the same one. */
function sessions(random: Random): { own: MarketEvent[]; tops: OtherTop[] } {
  const times = () =>
    Array.from({ length: 200 }, () => START_US + random.between(0, 400) * 10_000).sort();
  const own = times().map((timeUs) => update("A", timeUs, random.between(10, 99)));
  const tops = times().map((timeUs) => {
    const bid = random.between(10, 99);
    return { timeUs, bid, ask: bid + 1 };
  });
  return { own, tops };
}

/** As the archive does it. */
function inOrder({ own, tops }: ReturnType<typeof sessions>): EnrichedRow[] {
  const rows: EnrichedRow[] = [];
  const each = market(rows);
  const left = [...tops];
  const passTo = (timeUs: number) => {
    while (left[0] !== undefined && left[0].timeUs <= timeUs) {
      const top = left.shift() as OtherTop;
      each.takeOther(top, top.timeUs);
    }
  };
  for (const event of own) {
    passTo(event.receivedAtUs);
    each.take(event);
  }
  passTo(Infinity);
  each.passTo(START_US + 4_500_000);
  return rows;
}

Deno.test("in whatever order two feeds are heard, the rows are those of their common order", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = randomOf(seed);
    const session = sessions(random);
    const rows: EnrichedRow[] = [];
    const crossed = new CrossedMarket(market(rows));
    const [own, tops] = [[...session.own], [...session.tops]];
    let [ownUs, otherUs] = [0, 0];
    while (own.length + tops.length > 0) {
      const isOwn = tops.length === 0 || (own.length > 0 && random.between(0, 2) === 0);
      for (let count = random.between(1, 20); count > 0; count--) {
        if (isOwn && own[0]) {
          ownUs = own[0].receivedAtUs;
          crossed.take(own.shift() as MarketEvent);
        } else if (!isOwn && tops[0]) {
          otherUs = tops[0].timeUs;
          crossed.takeTop(tops.shift() as OtherTop);
        }
      }
      if (random.between(0, 2) === 0) crossed.passTo(ownUs);
      if (random.between(0, 2) === 0) crossed.passOtherTo(otherUs);
    }
    crossed.passOtherTo(START_US + 4_500_000);
    crossed.passTo(START_US + 4_500_000);
    assert.deepEqual(rows, inOrder(session), `seed ${seed}`);
  }
});

Deno.test("another feed that says nothing is waited for five seconds, then it is as it was", () => {
  const rows: EnrichedRow[] = [];
  const crossed = new CrossedMarket(market(rows));
  crossed.takeTop({ timeUs: START_US, bid: 10, ask: 11 });
  crossed.take(update("A", START_US + 1, 12));
  assert.equal(rows.length, 0);
  crossed.passTo(START_US + 5_040_002);
  const reported = () => rows.map(({ timeUs, numbers }) => [timeUs - START_US, ...numbers]);
  assert.deepEqual(reported(), [[1, 2], [40_001, 2]]);
  // What was late counts from when it came.
  crossed.takeTop({ timeUs: START_US + 1_000, bid: 8, ask: 9 });
  crossed.passOtherTo(START_US + 6_000_000);
  assert.deepEqual(reported().at(-1), [40_002, 4]);
});
