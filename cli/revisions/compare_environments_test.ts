import assert from "node:assert/strict";
import { loadEnvironment } from "@ssmd/metadata";
import { type GuardedGateway, withGuardedGateway } from "@ssmd/gateway/testing/guarded_gateway";
import { compareEnvironments } from "./compare_environments.ts";

const EXCHANGES = new URL("../../exchanges", import.meta.url).pathname;
const TYPES = ["trade", "ticker", "orderbook", "status"] as const;

interface Feed {
  /** Publishes one trade and one ticker on both, as each has them. */
  (baseline: GuardedGateway, candidate: GuardedGateway, number: number): void;
}

function trade({ kraken }: GuardedGateway, number: number, price: number): void {
  kraken.publish({
    ...{ type: "trade", symbol: "BTCUSD", size: 1, side: "buy" },
    ...{ price, tradeId: `${number}`, timestampUs: number * 1000 },
  });
}

/** The venue gives it no time. */
function ticker({ kraken }: GuardedGateway, price: number): void {
  kraken.publish({
    ...{ type: "ticker", symbol: "BTCUSD", timestampUs: 0, bidPrice: price, bidSize: 1 },
    ...{ askPrice: price + 1, askSize: 2, lastPrice: null, lastSize: null, volume24h: 10 },
    openInterest: null,
  });
}

/** Compares two gateways on feeds that go on for as long as it takes. */
async function compare(publish: Feed, signal = new AbortController().signal) {
  const environment = await loadEnvironment(EXCHANGES, "demo");
  const options = { environment, registryDir: EXCHANGES };
  const found: Awaited<ReturnType<typeof compareEnvironments>>[] = [];
  await withGuardedGateway((baseline) =>
    withGuardedGateway(async (candidate) => {
      let number = 0;
      const timer = setInterval(() => publish(baseline, candidate, ++number), 10);
      try {
        const [one, other] = await Promise.all([baseline, candidate].map(async (rig) => ({
          url: rig.gateway.url,
          headers: { authorization: `Bearer ${await rig.key("desk", {}, { feed: "kraken" })}` },
        })));
        found.push(
          await compareEnvironments({
            ...{ baseline: one!, candidate: other!, feed: "kraken", symbols: ["*"], types: TYPES },
            ...{ durationMs: 500, signal },
          }),
        );
      } finally {
        clearInterval(timer);
      }
    }, options), options);
  return found[0]!;
}

Deno.test("two environments that say the same pass, with the delays and schemas of each", async () => {
  const { same, types, schemas, symbols } = await compare((baseline, candidate, number) => {
    for (const rig of [baseline, candidate]) {
      trade(rig, number, number + 0.5);
      ticker(rig, number);
    }
  });
  assert.deepEqual([same, symbols], [true, []]);
  assert.deepEqual(types.map(({ type }) => type), ["trade", "ticker"]);
  assert.ok(types.every(({ same }) => same >= 10));
  assert.ok(schemas.every(({ old, new: now }) => old === now && /^v\d+ [0-9a-f]{12}$/.test(old)));
});

Deno.test("a rounded price and lost tickers are found, with the first records that differ", async () => {
  const { same, types, symbols } = await compare((baseline, candidate, number) => {
    trade(baseline, number, number + 0.5);
    trade(candidate, number, number % 10 === 0 ? number : number + 0.5);
    ticker(baseline, number);
    if (number % 7 !== 0) ticker(candidate, number);
  });
  assert.equal(same, false);
  const [trades, tickers] = types;
  assert.ok(trades?.changed! > 0 && trades?.onlyOld === 0 && trades?.onlyNew === 0);
  assert.ok(tickers?.onlyOld! > 0 && tickers?.onlyNew === 0 && tickers?.changed === 0);
  const first = symbols[0]?.first.find(({ kind }) => kind === "changed");
  assert.equal(first?.fields[0]?.field, "price");
});

Deno.test("silence is no pass, and whoever ends it is told why it ended", async () => {
  await assert.rejects(compare(() => {}), { code: "NOTHING_STREAMED" });
  const ending = new AbortController();
  ending.abort(new Error("enough"));
  await assert.rejects(compare(() => {}, ending.signal), /enough/);
});
