import assert from "node:assert/strict";
import { firstFeed, quality, read, untilOpen, untilReady, untilReported } from "./_open_gaps.ts";
import { Rig } from "./_rig.ts";

const RAIN = "KXSIMRAIN-26DEC31-NYC";
const BTC = "KXSIMBTC-26DEC31-T99999.99";

interface GapEntry {
  symbol: string;
  channel: string;
  reason: string;
  recovered: boolean;
}

Deno.test("Kalshi: what it refuses is exactly the gaps that are open", async () => {
  await using rig = await Rig.start({ venues: ["kalshi"] });
  const kalshi = rig.simulator("kalshi");
  await rig.allLive();
  kalshi.fault({ type: "refuse", symbol: RAIN, kind: "ticker" });
  kalshi.fault({ type: "refuse", symbol: RAIN, kind: "book" });
  kalshi.fault({ type: "drop" });
  // The venue takes or refuses a request of a channel whole.
  const refused = ["orderbook", "ticker"].flatMap((channel) =>
    [BTC, RAIN].map((symbol) => [symbol, channel, true] as const)
  );
  await untilOpen(rig, ...refused.map(([symbol, channel]) => `${symbol} ${channel} subscription`));
  await untilReady(rig, /The venue refused/);
  await firstFeed(rig, ({ subscriptions }) => {
    const list = subscriptions?.list.map((
      { symbol, channel, refused },
    ) => [symbol, channel, refused]);
    return list?.toSorted().join() === refused.toSorted().join();
  });
  await rig.records("kalshi");
  await rig.finish();
  for (const each of await quality(rig)) assert.ok(each < 1, `quality ${each}`);
});

Deno.test("Kalshi: a channel refused after a reconnect is asked for again until it comes", async () => {
  await using rig = await Rig.start({ venues: ["kalshi"] });
  const kalshi = rig.simulator("kalshi");
  await rig.allLive();
  kalshi.fault({ type: "refuse", symbol: RAIN, kind: "trade", count: 1 });
  kalshi.fault({ type: "drop" });
  await untilReported(rig, "kalshi", `${BTC} trade subscription`, `${RAIN} trade subscription`);
  await untilOpen(rig);
  await rig.records("kalshi");
  const { gaps } = await read<{ gaps: GapEntry[] }>(rig, "/v1/gaps?limit=5000");
  const lives = gaps.filter(({ channel }) => channel === "status");
  assert.deepEqual(
    lives.map(({ symbol, reason, recovered }) => [symbol, reason, recovered]),
    [["_all", "disconnect", false]],
    "steps in lives are not repeated by the venue",
  );
  await untilReady(rig);
  await rig.finish();
});
