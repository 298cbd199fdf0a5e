import assert from "node:assert/strict";
import type { MarketEvent } from "@ssmd/market";
import { seededRandom } from "@ssmd/runtime";
import { builder, orderbook, scenario, signal } from "@ssmd/signal";
import { FIVE_SIGNALS } from "../testing/five_signals.ts";
import { marketWalk } from "../check/market_walk.ts";
import { loaded, runOver, startRun, take } from "../testing/run_signals.ts";
import { compareFires } from "./fire_id.ts";
import { compareMerged } from "./watermark_merge.ts";

/** Two feeds in one order. */
function twoFeeds(count: number, seed: number): MarketEvent[] {
  const kalshi = marketWalk({ count, seed });
  const kraken = marketWalk({ count, seed: seed + 1, feed: "kraken", symbols: ["KXSPOT"] });
  const endUs = Math.min(
    kalshi.at(-1)?.receivedAtUs ?? 0,
    kraken.at(-1)?.receivedAtUs ?? 0,
  );
  return [...kalshi, ...kraken].filter((each) => each.receivedAtUs <= endUs).sort(compareMerged);
}

const RECORDS = twoFeeds(12_000, 7);
const WHOLE = runOver(FIVE_SIGNALS, RECORDS).fires.sort(compareFires);

Deno.test("signals of every kind fire, and twice the same records give the same bytes", () => {
  for (const { id } of FIVE_SIGNALS) {
    const count = WHOLE.filter(({ signal }) => signal === id).length;
    assert.ok(count >= 20, `${id} fired ${count} times`);
  }
  const again = runOver(FIVE_SIGNALS, RECORDS).fires.sort(compareFires);
  assert.equal(JSON.stringify(again), JSON.stringify(WHOLE));
  assert.equal(new Set(WHOLE.map(({ id }) => id)).size, WHOLE.length);
});

Deno.test("fires over the first part of a day are the first fires of the day", () => {
  for (const share of [0.1, 0.33, 0.5, 0.9]) {
    const part = RECORDS.slice(0, Math.floor(RECORDS.length * share));
    const fires = runOver(FIVE_SIGNALS, part).fires.sort(compareFires);
    assert.deepEqual(fires, WHOLE.slice(0, fires.length));
    const endUs = part.at(-1)?.receivedAtUs ?? 0;
    // What waits for the watermark is of the last moment.
    const missing = WHOLE.slice(fires.length).filter(({ receivedAtUs }) => receivedAtUs < endUs);
    assert.deepEqual(missing, []);
  }
});

Deno.test("a run that goes on from a snapshot gives the identical rest", () => {
  for (const share of [0.25, 0.5, 0.75]) {
    const cut = Math.floor(RECORDS.length * share);
    const before = startRun(FIVE_SIGNALS);
    take(before, RECORDS.slice(0, cut));
    const after = startRun(FIVE_SIGNALS, { isCold: true });
    after.engine.read(before.engine.write());
    take(after, RECORDS.slice(cut));
    const all = [...before.fires, ...after.fires].sort(compareFires);
    assert.deepEqual(all, WHOLE);
  }
});

Deno.test("a run that begins in the middle fires nothing else, and the same once it is warm", () => {
  const known = new Set(WHOLE.map((fire) => JSON.stringify(fire)));
  for (const share of [0.25, 0.5, 0.75]) {
    const records = RECORDS.slice(Math.floor(RECORDS.length * share));
    const { fires } = runOver(FIVE_SIGNALS, records, { isCold: true });
    assert.deepEqual(fires.filter((fire) => !known.has(JSON.stringify(fire))), []);
    for (const { id } of FIVE_SIGNALS) {
      assert.ok(fires.some(({ signal }) => signal === id), `${id} never got warm`);
    }
  }
});

/** A book that is sent once and whose spread changes every 100 ms. */
function bookSentOnce(): MarketEvent[] {
  const lines = Array.from({ length: 200 }, (_, i) => {
    const [old, next] = i % 2 === 0 ? [0.42, 0.5] : [0.5, 0.42];
    return `${i * 100 + 100}ms delta ask ${old}x0 ${next}x1`;
  });
  const text = ["market kraken BTCUSD", "0s book 0.40x1 | 0.42x1", ...lines].join("\n");
  return [...scenario(Object.assign([text], { raw: [text] })).records];
}

const WIDE = {
  ...{ version: 1, on: { feeds: ["kraken"], symbols: ["*"] }, state: { book: orderbook() } },
  when: ({ book }: { book: { spread: number } }) => book.spread > 0.05,
  fire: () => ({}),
};
const WIDE_TWICE = [
  loaded("direct", signal({ ...WIDE, title: "At once" })),
  loaded("timed", signal({ ...WIDE, title: "At watermarks", every: "100ms" })),
];

Deno.test("a signal that joins others knows the books they know: none may be sent again", () => {
  const records = bookSentOnce();
  const whole = new Set(runOver(WIDE_TWICE, records).fires.map(({ id }) => id));
  for (const first of WIDE_TWICE) {
    const before = startRun([first]);
    take(before, records.slice(0, 100));
    // Of a timed signal these wait for a watermark.
    for (const record of records.slice(100, 105)) before.engine.take(record);
    const after = startRun(WIDE_TWICE, { isCold: true });
    after.engine.read(before.engine.write());
    take(after, records.slice(105));
    assert.deepEqual(after.fires.filter(({ id }) => !whole.has(id)), []);
    for (const { id } of WIDE_TWICE) {
      const count = after.fires.filter(({ signal }) => signal === id).length;
      assert.ok(count > 40, `${id} fires ${count} times beside ${first.id}`);
    }
  }
});

Deno.test("the order in which two feeds arrive between watermarks changes no fire", () => {
  const random = seededRandom(3);
  const run = startRun(FIVE_SIGNALS);
  for (let at = 0; at < RECORDS.length;) {
    const batch = RECORDS.slice(at, at += 1 + Math.floor(random() * 40));
    const first = random() < 0.5 ? "kalshi" : "kraken";
    const isFirst = ({ feed }: MarketEvent) => feed === first;
    const timeUs = batch.at(-1)?.receivedAtUs ?? 0;
    for (const each of batch.filter(isFirst)) run.engine.take(each);
    for (const each of batch.filter((other) => !isFirst(other))) run.engine.take(each);
    for (const feed of ["kraken", "kalshi"]) run.engine.watermark({ feed, timeUs });
  }
  assert.deepEqual(run.fires.sort(compareFires), WHOLE);
});

Deno.test("records that come again change nothing where an engine passes over them", () => {
  const run = startRun(FIVE_SIGNALS, { dedupe: true });
  for (let at = 0; at < RECORDS.length; at += 100) {
    take(run, RECORDS.slice(Math.max(0, at - 30), at + 100));
  }
  assert.deepEqual(run.fires.sort(compareFires), WHOLE);
});

const BOOKS = scenario`
  market kalshi KXA
  0s  book 0.40x1 | 0.42x1
  1s  book 0.40x1 | 0.50x1
  2s  book 0.40x1 | 0.42x1
  3s  book 0.40x1 | 0.50x1
  market kalshi KXB
  3s  book 0.40x1 | 0.42x1
  4s  book 0.40x1 | 0.50x1
`.records;

const wide = signal({
  ...{ title: "wide", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] } },
  state: { book: orderbook() },
  when: ({ book }) => book.spread > 0.05,
  fire: () => ({}),
});

Deno.test("what a condition throws ends its instance, is told once, and leaves the others alone", () => {
  const throwing = signal({
    ...{ title: "throws", version: 1, on: { feeds: ["kalshi"], symbols: ["KXA"] } },
    state: { book: orderbook() },
    when: ({ book }) => {
      if (book.spread > 0.05) throw new TypeError("no such thing");
      return false;
    },
    fire: () => ({}),
  });
  const { fires, reports } = runOver([loaded("bad", throwing), loaded("good", wide)], BOOKS);
  assert.deepEqual(fires.map(({ signal, symbol }) => `${signal} ${symbol}`), [
    ...["good KXA", "good KXA", "good KXB"],
  ]);
  assert.deepEqual(reports.map(({ kind, signal, message }) => [kind, signal, message]), [
    ["error", "bad", "TypeError: no such thing"],
  ]);
});

Deno.test("where no buffer can be had any more no instance is blamed: its host is to end", () => {
  const filling = signal({
    ...{ title: "fills", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] } },
    state: { book: orderbook() },
    when: () => new Uint8Array(2 ** 53 - 1).length > 0,
    fire: () => ({}),
  });
  const run = startRun([loaded("fills", filling), loaded("good", wide)]);
  assert.throws(() => take(run, BOOKS), { name: "RangeError" });
  assert.deepEqual(run.reports, []);
});

Deno.test("an answer that is no boolean, and values that are no JSON, end the instance", () => {
  const state = { book: orderbook() };
  const on = { feeds: ["kalshi"], symbols: ["KXA"] };
  const asked = signal({
    ...{ title: "t", version: 1, on, state, fire: () => ({}) },
    when: (() => "yes") as unknown as () => boolean,
  });
  const said = signal({
    ...{ title: "t", version: 1, on },
    state,
    when: ({ book }) => book.spread > 0.05,
    fire: () => ({ spread: NaN }),
  });
  const mapped = signal({
    ...{ title: "t", version: 1, on, state },
    when: ({ book }) => book.spread > 0.05,
    fire: ({ book }) => ({ book, levels: new Map([[1, 2]]) }) as never,
  });
  const all = [loaded("asked", asked), loaded("mapped", mapped), loaded("said", said)];
  const { fires, reports } = runOver(all, BOOKS);
  assert.deepEqual(fires, []);
  assert.deepEqual(reports.map(({ message }) => message), [
    "TypeError: when answered a string",
    "ValueError: fire.book is no plain object",
    "ValueError: fire.spread is NaN",
  ]);
});

Deno.test("an author's own builder is made once a market, and what it throws is told", () => {
  let made = 0;
  const own = () =>
    builder(() => {
      made++;
      let count = 0;
      return {
        get valid() {
          return count > 0;
        },
        get count() {
          return count;
        },
        apply: () => {
          if (++count === 4) throw new RangeError("four is too much");
        },
        write: (to) => void to.number(count),
        read: (from) => void (count = from.number()),
      };
    }, { types: ["orderbook"] });
  const counting = signal({
    ...{ title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] } },
    state: { own: own() },
    when: ({ own }) => own.count >= 2,
    fire: ({ own }) => ({ count: own.count }),
  });
  const { fires, reports } = runOver([loaded("own", counting)], BOOKS);
  assert.equal(made, 2);
  assert.deepEqual(fires.map(({ symbol, values }) => `${symbol} ${values}`), [
    'KXA {"count":2}',
    'KXB {"count":2}',
  ]);
  assert.deepEqual(reports.map(({ symbol, message }) => `${symbol} ${message}`), [
    "KXA RangeError: four is too much",
  ]);
});

Deno.test("an instance is silent for the rest of the hour once it fired as often as it may", () => {
  const flapping = { ...wide, maxFiresPerHour: 2 };
  const minutes = Array.from({ length: 120 }, (_, i) => [
    `${i}m book 0.40x1 | 0.42x1`,
    `${i}.5m book 0.40x1 | 0.50x1`,
  ]).flat().join("\n");
  const { records } = scenario`market kalshi KXA
    ${minutes}`;
  const { fires, reports } = runOver([loaded("wide", flapping)], records);
  const minutesOfFires = fires.map(({ receivedAtUs }) =>
    (receivedAtUs - (records[0]?.receivedAtUs ?? 0)) / 6e7
  );
  assert.deepEqual(minutesOfFires, [0.5, 1.5, 60.5, 61.5]);
  assert.deepEqual(reports.map(({ kind }) => kind), ["capped", "capped"]);
});
