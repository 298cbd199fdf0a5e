import assert from "node:assert/strict";
import type { Fire } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";
import { marketWalk } from "../check/market_walk.ts";
import { compareFires } from "../engine/fire_id.ts";
import { compareMerged } from "../engine/watermark_merge.ts";
import { batchesOf, librarySignal, rawSignal, textSignal } from "../testing/hosted.ts";
import { HostShards } from "./host_shards.ts";

const SYMBOLS = Array.from({ length: 12 }, (_, i) => `KX${i}`);
const BATCHES = batchesOf(
  [
    ...marketWalk({ count: 9000, seed: 41, symbols: SYMBOLS }),
    ...marketWalk({ count: 3000, seed: 42, feed: "kraken", symbols: ["KXSPOT"] }),
  ].sort(compareMerged),
  500,
);
/** One on each market, one each second, and one whose markets follow another one, which it watches too. */
const SIGNALS = await Promise.all([
  librarySignal("imbalance_flip", { threshold: 0.4 }),
  librarySignal("volume_spike", { times: 2 }),
  textSignal(
    "follows",
    `import { orderbook, priceHistory, signal } from "@ssmd/signal";
    export default signal({
      title: "t", version: 1, on: { feeds: ["kalshi", "kraken"], symbols: ["KX*"] },
      state: {
        book: orderbook(),
        spot: priceHistory({ window: "2s", source: "mid", of: { feed: "kraken", symbol: "KXSPOT" } }),
      },
      when: ({ book, spot }) => book.mid > spot.ago("1s"),
      fire: ({ book, spot }) => ({ mid: book.mid, spot: spot.last }),
    });`,
  ),
]);

type Options = Partial<ConstructorParameters<typeof HostShards>[0]>;

async function firesOf(
  hosts: number,
  batches: readonly Uint8Array[],
  options: Options = {},
): Promise<{ fires: Fire[]; state: Uint8Array; instances: number }> {
  const shards = new HostShards({ signals: SIGNALS, hosts, dedupe: true, ...options });
  try {
    await shards.start();
    const fires: Fire[] = [];
    let instances = 0;
    for (const batch of batches) {
      const answer = await shards.send(batch);
      fires.push(...answer.fires);
      instances = answer.instances;
    }
    const { state } = await shards.snapshot();
    return { fires: fires.sort(compareFires), state, instances };
  } finally {
    await shards.stop();
  }
}

const ONE = await firesOf(1, BATCHES);

Deno.test("three hosts fire what one does, with each market's instances in one of them", async () => {
  assert.equal(new Set(ONE.fires.map(({ signal }) => signal)).size, 3, "each signal fires");
  assert.ok(ONE.fires.length > 100, `${ONE.fires.length} fires`);
  const three = await firesOf(3, BATCHES);
  assert.deepEqual(three.fires, ONE.fires);
  assert.equal(three.instances, ONE.instances);
});

Deno.test("several hosts go on from their state; another number of hosts refuses it", async () => {
  const first = await firesOf(2, BATCHES.slice(0, 10));
  const second = await firesOf(2, BATCHES.slice(10), { states: [first.state] });
  assert.deepEqual([...first.fires, ...second.fires].sort(compareFires), ONE.fires);
  for (const [state, hosts] of [[first.state, 1], [first.state, 3], [ONE.state, 2]] as const) {
    assert.throws(
      () => new HostShards({ signals: SIGNALS, hosts, states: [state] }),
      (error) => error instanceof CodecError && error.code === "STATE_HOSTS",
    );
  }
});

Deno.test("what does harm in one host is taken out of all, and reported once", async () => {
  const reported: string[] = [];
  // Only the market KX1 makes it loop.
  const loops = rawSignal(
    "loops",
    `return sdk.signal({
      title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["KX1"] },
      state: { book: sdk.orderbook() }, when: () => { for (;;); }, fire: () => ({}),
    });`,
  );
  const { fires } = await firesOf(2, BATCHES, {
    signals: [loops, ...SIGNALS],
    onQuarantine: ({ signal }) => reported.push(signal),
  });
  assert.deepEqual(reported, ["loops"]);
  assert.deepEqual(fires, ONE.fires);
});
