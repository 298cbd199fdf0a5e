import assert from "node:assert/strict";
import { type EventType, type MarketEvent } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import {
  ENTITLED,
  type GuardedGateway,
  HIDDEN_SYMBOL,
  withGuardedGateway,
} from "../access/testing/guarded_gateway.ts";
import { TestArchive } from "../history/testing/archived.ts";
import { answerAsSignals } from "../testing/signals_service.ts";
import { SIGNAL } from "./schemas/signal_examples.ts";

const DAY_AGO_US = (Date.now() - 86_400_000) * 1000;

/** What a key sees of the feed that the tests' `desk` sees some of. */
type Given = Parameters<GuardedGateway["key"]>[2];

const TRADES_OF_ALL: Given = { feed: "kraken", symbols: "*", types: ["trade"] };
const ALL_OF_FEED: Given = { feed: "kraken", symbols: "*", types: "*" };

async function reader({ gateway, key }: GuardedGateway, client: string, given: Given) {
  const headers = { authorization: `Bearer ${await key(client, {}, given)}` };
  return async (path: string) => (await fetch(gateway.url + path, { headers })).json();
}

function archivedEvent(type: EventType, sequence: number): MarketEvent {
  const common = {
    ...{ timestampUs: 0, receivedAtUs: DAY_AGO_US + sequence, symbol: "BTCUSD", feed: "kraken" },
    ...{ sequence, run: 1, connection: 1 },
  };
  return type === "trade"
    ? { ...common, type, price: 1, size: 1, side: "buy", tradeId: "" }
    : { ...common, type: "status", state: "open", result: "", detail: "" };
}

Deno.test("the totals of a feed are for those who may see all of its types", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const some = await (await reader(rig, "trades", TRADES_OF_ALL))("/v1/feeds");
    const [feed] = some.feeds;
    assert.deepEqual([feed.records, feed.records_per_second, feed.shards], [null, null, []]);
    const all = await (await reader(rig, "whole", ALL_OF_FEED))("/v1/feeds");
    assert.ok(all.feeds[0].records > 0);
  }));

Deno.test("the inventory counts only records of types that its reader may see", async () => {
  const storage = memoryStorage();
  await new TestArchive(storage, "test", "kraken").write([
    archivedEvent("trade", 1),
    archivedEvent("status", 2),
    archivedEvent("trade", 3),
  ]);
  await withGuardedGateway(async (rig) => {
    const all = await (await reader(rig, "whole", ALL_OF_FEED))("/v1/meta/inventory");
    assert.deepEqual(all.days.map((day: { records: number }) => day.records), [3]);
    const some = await (await reader(rig, "trades", TRADES_OF_ALL))("/v1/meta/inventory");
    const [{ types: [trades, ...others], ...day }] = some.days;
    assert.deepEqual([trades.type, trades.records, others], ["trade", 2, []]);
    assert.deepEqual([day.records, day.bytes], [2, trades.bytes]);
    assert.deepEqual([some.total.records, some.total.bytes], [2, trades.bytes]);
    assert.match(some._hints.join(" "), /Of kraken, only trade, gap/);
    const entitled = await (await reader(rig, "desk", ENTITLED))("/v1/meta/inventory");
    assert.deepEqual(entitled.days, []);
  }, { storage });
});

Deno.test("a book that its reader may not see has no state", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const partial = await reader(rig, "desk", ENTITLED);
    const [listed] = (await partial("/v1/markets")).markets;
    assert.deepEqual([listed.symbol, listed.book], ["BTCUSD", null]);
    const market = await partial("/v1/markets/BTCUSD");
    assert.equal(market.book, null);
    assert.match(market._hints.join(" "), /may not see.*orderbook/);
    const whole = await (await reader(rig, "whole", ALL_OF_FEED))("/v1/markets/BTCUSD");
    assert.equal(whole.book, "ended");
    assert.doesNotMatch(whole._hints.join(" "), /may not see/);
  }));

Deno.test("a market is as old as the newest record that its reader may see", () =>
  withGuardedGateway(async (rig) => {
    rig.publish();
    const partial = await reader(rig, "desk", ENTITLED);
    const before = await partial("/v1/markets/BTCUSD");
    await new Promise((resolve) => setTimeout(resolve, 20));
    rig.kraken.publish({ type: "status", symbol: "BTCUSD", state: "open", result: "", detail: "" });
    const after = await partial("/v1/markets/BTCUSD");
    assert.equal(after.updated, before.updated);
    const whole = await (await reader(rig, "whole", ALL_OF_FEED))("/v1/markets/BTCUSD");
    assert.ok(whole.updated > after.updated);
  }));

Deno.test("what a signal did in hidden markets is in no count", () =>
  withGuardedGateway(async (rig) => {
    const why = "3 markets: waits for a trade";
    const status = { ...SIGNAL, feeds: ["kraken"], fires: 12, errors: 2, why };
    await answerAsSignals(rig.transport, [
      { ...status, symbols: ["*"] },
      { ...status, id: "of_one", symbols: ["BTCUSD"] },
      { ...status, id: "hidden", symbols: [HIDDEN_SYMBOL] },
    ]);
    const seen = async (client: string, given: Given) => {
      const { signals } = await (await reader(rig, client, given))("/v1/signals");
      return signals.map((each: typeof SIGNAL) =>
        [each.id, each.fires, each.errors, each.last_fire !== null, each.why] as const
      );
    };
    const hidden = [null, null, false, ""];
    assert.deepEqual(await seen("desk", ENTITLED), [[SIGNAL.id, ...hidden], ["of_one", ...hidden]]);
    const fires: Given = { feed: "kraken", symbols: "BTC*", types: ["trade", "fire"] };
    const whole = [12, 2, true, why];
    assert.deepEqual(await seen("fires", fires), [[SIGNAL.id, ...hidden], ["of_one", ...whole]]);
    assert.equal((await seen("whole", ALL_OF_FEED)).length, 3);
  }));
