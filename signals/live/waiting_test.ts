import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { ALL_SYMBOLS, type MarketEvent } from "@ssmd/market";
import { silentLogger, sleep } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { marketWalk } from "../check/market_walk.ts";
import { textSignal } from "../testing/hosted.ts";
import { SignalSet } from "./signal_set.ts";

const SOURCE = `import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
  state: { book: orderbook() },
  when: ({ book }) => book.spread > 0, edge: "level", cooldown: "1m",
  fire: () => ({}),
});`;

const encoder = new Encoder();

for (const hosts of [1, 2]) {
  Deno.test(`a running signal says what it waits for, in ${hosts} hosts`, async () => {
    const set = new SignalSet({
      ...{ env: "test", shard: "0", hosts, storage: memoryStorage(), logger: silentLogger },
    });
    let sequence = 0;
    const why = async (records: readonly MarketEvent[]) => {
      // What is waited for is told once a second.
      await sleep(1_100);
      await set.take(records.map((record) => ({
        ...{ type: record.type, payload: encoder.encode(record), sequence: ++sequence },
        ...{ feed: record.feed, receivedAtUs: record.receivedAtUs },
      })) as never);
      return set.statuses()[0]?.why;
    };
    try {
      const signal = await textSignal("mine", SOURCE);
      await set.open([{ ...signal, enabled: true }], { isCold: true, states: [] });
      const walk = marketWalk({ count: 300, seed: 1, symbols: ["A"] });
      const isSnapshot = (each: MarketEvent) =>
        each.type === "orderbook" && each.kind === "snapshot";
      const first = walk.findIndex(isSnapshot);
      assert.ok(first >= 0);
      // Each time as later records of the market.
      const part = (turn: number, from: number, to: number): MarketEvent[] =>
        walk.slice(from, to).map((record) => ({
          ...record,
          sequence: record.sequence + turn * 10_000,
          receivedAtUs: record.receivedAtUs + turn * 120_000_000,
        }));
      const deltas = part(0, first, 20).filter((each) => !isSnapshot(each));
      assert.match(await why(deltas) ?? "", /^1 market: waits for a snapshot of the book/);
      const flapping = await why(part(1, first, 100));
      assert.match(flapping ?? "", /^1 market: not warm: since its start, no cooldown/);
      // Two minutes later: nothing could have fired meanwhile.
      assert.equal(await why(part(2, 100, 200)), "");
      // What is told of the whole feed is of no market.
      const [last] = part(3, 200, 201);
      assert.ok(last);
      const ofFeed: MarketEvent = {
        ...{ timestampUs: last.timestampUs, receivedAtUs: last.receivedAtUs, feed: last.feed },
        ...{ sequence: last.sequence, symbol: ALL_SYMBOLS },
        ...{ type: "status", state: "open", result: "", detail: "online" },
      };
      assert.equal(await why([ofFeed]), "");
    } finally {
      await set.close();
    }
  });
}
