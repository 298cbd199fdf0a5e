import assert from "node:assert/strict";
import { firstFeed, quality, read, untilOpen, untilReady, untilReported } from "./_open_gaps.ts";
import { eventually } from "./_process.ts";
import { Rig } from "./_rig.ts";

Deno.test("what the venue refuses, or confirms and never sends, is exactly the gaps that are open", async () => {
  await using rig = await Rig.start({ venues: ["kraken"] });
  const kraken = rig.simulator("kraken");
  kraken.fault({ type: "refuse", symbol: "ETH/USD" });
  kraken.fault({ type: "mute", symbol: "BTC/USD", kind: "ticker" });
  const refused = ["trade", "ticker", "orderbook"].map((type) => `ETHUSD ${type} subscription`);
  await untilOpen(rig, ...refused, "BTCUSD ticker subscription");
  await untilReady(rig, /The venue (refused|confirmed)/);
  const { markets } = await read<{ markets: { symbol: string; gap: unknown }[] }>(
    rig,
    "/v1/markets",
  );
  assert.ok(markets.every(({ gap }) => gap !== null));
  await firstFeed(rig, ({ subscriptions }) => {
    const away = subscriptions?.list.filter(({ symbol }) => symbol === "ETHUSD") ?? [];
    return away.length === 3 &&
      away.every(({ refused, next_try }) => refused && (next_try ?? 0) > Date.now() - 60_000);
  });
  await rig.finish();
  for (const each of await quality(rig)) assert.ok(each < 1, `quality ${each}`);
});

Deno.test("whatever was refused, lost or forgotten is asked for again until it comes", async () => {
  await using rig = await Rig.start({ venues: ["kraken"] });
  const kraken = rig.simulator("kraken");
  await rig.allLive();
  kraken.fault({ type: "refuse", symbol: "ETH/USD", kind: "trade", count: 1 });
  kraken.fault({ type: "drop" });
  await untilReported(rig, "kraken", "ETHUSD trade subscription");
  await untilOpen(rig);
  kraken.fault({ type: "forget" });
  await eventually(
    "the gap of the maintenance",
    () =>
      Promise.resolve(
        rig.gaps("kraken", true).some(({ detail }) => /maintenance/.test(String(detail))),
      ),
  );
  await untilOpen(rig);
  await rig.records("kraken");
  await untilReady(rig);
  await rig.finish();
});

Deno.test("a book whose checksums stay wrong is asked for with growing pauses", async () => {
  await using rig = await Rig.start({ venues: ["kraken"] });
  const kraken = rig.simulator("kraken");
  await rig.allLive();
  kraken.fault({ type: "checksum", symbol: "ETH/USD" });
  await untilReported(rig, "kraken", "ETHUSD orderbook checksum");
  // Its first snapshot is asked for at once, the next after 5 s, and the one after it after 10 s.
  const healed = () => rig.gaps("kraken", true).filter(({ reason }) => reason === "checksum");
  await eventually("three snapshots", () => Promise.resolve(healed().length >= 3));
  const times = healed().slice(0, 3).map((line) => Date.parse(String(line["time"])));
  const [first = 0, second = 0, third = 0] = times;
  // From request to request; an answer may come some seconds after its request.
  assert.ok(second - first >= 2_500 && third - second >= 5_000, times.join(", "));
  await rig.finish();
});

Deno.test("a venue that cannot be reached is a gap of everything, and is told everywhere", async () => {
  await using rig = await Rig.start({ venues: ["kraken"] });
  await rig.simulator("kraken").close();
  rig.simulators.delete("kraken");
  await untilOpen(rig, "_all all disconnect");
  await firstFeed(
    rig,
    ({ connection: { state, why, next_try } }) =>
      state === "disconnected" && (next_try ?? 0) > Date.now() - 60_000 &&
      /refused/i.test(why ?? ""),
  );
  await untilReady(rig, /not connected to the venue: .*next try in \d+ s/);
  const { code } = await rig.up.stop();
  assert.equal(code, 0, rig.up.output);
  assert.deepEqual(new Set(await quality(rig)), new Set([0]));
});
