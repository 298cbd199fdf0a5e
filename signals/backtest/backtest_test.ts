import assert from "node:assert/strict";
import type { Fire, MarketEvent } from "@ssmd/market";
import { scenario } from "@ssmd/signal";
import { marketWalk } from "../check/market_walk.ts";
import { compareFires } from "../engine/fire_id.ts";
import { loadedSignal } from "../engine/loaded_signal.ts";
import { compareMerged } from "../engine/watermark_merge.ts";
import priceCrosses from "../library/price_crosses.ts";
import { archiveOf } from "../testing/archived.ts";
import { librarySignal, textSignal } from "../testing/hosted.ts";
import { runOver } from "../testing/run_signals.ts";
import { backtest, type BacktestStep, firesDigest } from "./backtest.ts";
import { archivedRecords } from "./merged_records.ts";

const RECORDS = marketWalk({ count: 6000, seed: 21 });
const SIGNAL = await librarySignal("price_crosses");
const WHOLE = runOver(
  [loadedSignal({ ...SIGNAL, definition: priceCrosses, params: priceCrosses.params })],
  RECORDS,
).fires.sort(compareFires);

const recordsOf = async (records: readonly MarketEvent[]) =>
  archivedRecords(await archiveOf(records));

const plain = (fires: readonly Fire[]) => fires.map((fire) => ({ ...fire, engine: "" }));

Deno.test("a backtest over the archive gives the fires of the records, and their digest", async () => {
  const records = await recordsOf(RECORDS);
  const result = await backtest({ records, env: "test", signal: SIGNAL });
  assert.ok(WHOLE.length > 20, `${WHOLE.length} fires`);
  assert.deepEqual(plain(result.fires), plain(WHOLE));
  assert.equal(result.sha256, firesDigest(result.fires));
  const again = await backtest({ records, env: "test", signal: SIGNAL });
  assert.equal(again.sha256, result.sha256);
  const other = await backtest({
    records,
    env: "test",
    signal: { ...SIGNAL, params: { price: 0.4 } },
  });
  assert.notEqual(other.sha256, result.sha256);
});

Deno.test("a parameter that the signal has not is refused with the one that was meant", async () => {
  const signal = { ...SIGNAL, params: { prise: 0.4 } };
  await assert.rejects(backtest({ records: await recordsOf([]), env: "test", signal }), {
    code: "SIGNAL_INVALID",
    message:
      'The signal "price_crosses" does not load: There is no parameter "prise". Did you mean "price"?',
  });
});

Deno.test("a span and symbols narrow down what counts, not what is known", async () => {
  const records = await recordsOf(RECORDS);
  const fromUs = RECORDS[3000]?.receivedAtUs ?? 0;
  const toUs = RECORDS[5000]?.receivedAtUs ?? 0;
  const query = { records, env: "test", signal: SIGNAL, fromUs, toUs };
  const within = ({ receivedAtUs }: Fire) => receivedAtUs >= fromUs && receivedAtUs < toUs;
  const { fires } = await backtest(query);
  assert.deepEqual(plain(fires), plain(WHOLE.filter(within)));
  const { fires: ofOne, instances } = await backtest({ ...query, symbols: ["KXA"] });
  assert.deepEqual(plain(ofOne), plain(fires.filter(({ symbol }) => symbol === "KXA")));
  assert.equal(instances, 1);
});

Deno.test("what is still to be archived is not taken for silence", async () => {
  const signal = await textSignal(
    "quiet",
    `import { signal, volumeProfile } from "@ssmd/signal";
    export default signal({
      title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["KX*"] }, params: {},
      state: { flow: volumeProfile({ window: "5s" }) },
      when: ({ flow }) => flow.volume > 0,
      edge: "falling", every: "1s",
      fire: () => ({}),
    });`,
  );
  const lastUs = RECORDS.at(-1)?.receivedAtUs ?? 0;
  const query = {
    ...{ records: await recordsOf(RECORDS), env: "test", signal, fromUs: lastUs - 1000 },
    toUs: lastUs + 60_000_000,
  };
  const { fires, completeUs } = await backtest(query);
  assert.ok(fires.length > 0);
  assert.equal(completeUs, lastUs);
  assert.deepEqual((await backtest({ ...query, settledUs: lastUs })).fires, []);
});

Deno.test("records of two feeds come in one order, and a feed that is not archived has none", async () => {
  const spot = marketWalk({ count: 3000, seed: 22, feed: "kraken", symbols: ["KXSPOT"] });
  const source = `import { orderbook, priceHistory, signal } from "@ssmd/signal";
    export default signal({
      title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["KX*"] },
      state: {
        book: orderbook(),
        spot: priceHistory({ window: "2s", of: { feed: "kraken", symbol: "KXSPOT" } }),
      },
      when: ({ book, spot }) => book.mid > spot.last,
      fire: ({ book, spot }) => ({ mid: book.mid, spot: spot.last }),
    });`;
  const signal = await textSignal("two", source);
  const records = await recordsOf([...RECORDS, ...spot].sort(compareMerged));
  const result = await backtest({ records, env: "test", signal });
  assert.ok(result.fires.length > 5, `${result.fires.length} fires`);
  const alone = await backtest({ records: await recordsOf(RECORDS), env: "test", signal });
  assert.deepEqual([alone.fires.length, alone.records > 0], [0, true]);
});

const RISE = scenario`
  market kalshi KXA
  0s    book 0.48x1 | 0.50x1
  0s    trade 0.48 x 1 buy
  1.5s  trade 0.48 x 1 buy
  2s    trade 0.51 x 1 buy
  2.5s  book 0.50x1 | 0.54x1
  10s   book 0.56x1 | 0.58x1
  70s   book 0.40x1 | 0.42x1
`;

Deno.test("outcomes say what the middle of the book did after fires", async () => {
  const records = await recordsOf(RISE.records);
  const { fires, outcomes } = await backtest({ records, env: "test", signal: SIGNAL });
  assert.equal(fires.length, 1);
  assert.deepEqual(outcomes, [
    { after: "1s", count: 1, mean: 0.03, median: 0.03, upShare: 1 },
    { after: "10s", count: 1, mean: 0.08, median: 0.08, upShare: 1 },
    { after: "1m", count: 1, mean: 0.08, median: 0.08, upShare: 1 },
  ]);
});

Deno.test("step by step each record is shown with the state behind it, until it is enough", async () => {
  const steps: BacktestStep[] = [];
  await backtest({
    ...{ records: await recordsOf(RISE.records), env: "test", signal: SIGNAL },
    onStep: (step) => Promise.resolve(steps.push(step) < 5),
  });
  const shown = steps.map(({ record, instances, fires }) => [
    ...[record.type, instances[0]?.condition, instances[0]?.state["trades"]?.["last"]],
    fires.length,
  ]);
  assert.deepEqual(shown, [
    ["orderbook", null, null, 0],
    ["trade", null, 0.48, 0],
    ["trade", false, 0.48, 0],
    ["trade", true, 0.51, 1],
    ["orderbook", true, 0.51, 0],
  ]);
});
