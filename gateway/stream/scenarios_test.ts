import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@ssmd/runtime";
import type { FakeConnector } from "../testing/fake_connector.ts";
import { until, withGateway } from "../testing/gateway_rig.ts";
import { SubscriptionModel } from "../testing/subscription_model.ts";
import { PublishedRecords } from "../testing/published_records.ts";

const SEED = Number(Deno.env.get("SSMD_SCENARIO_SEED") ?? "20261130");
const SCENARIOS = Number(Deno.env.get("SSMD_SCENARIOS") ?? "60");
const AT_ONCE = 6;
const STEPS = 25;
const SYMBOLS = ["BTCUSD", "BTCEUR", "ETHUSD", "KXBTC-26.5"] as const;
const PATTERNS = [...SYMBOLS, "BTC*", "B*", "KX*", "*", "NOSUCH"] as const;
const TYPES = ["trade", "ticker", "orderbook", "status"] as const;

type Random = () => number;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function some<T>(random: Random, list: readonly T[]): T[] {
  const chosen = list.filter(() => random() < 0.4);
  return chosen.length > 0 ? chosen : [pick(random, list)];
}

/** Publishes a few records of any market. */
function publish(random: Random, connector: FakeConnector, records: PublishedRecords): void {
  for (let left = Math.floor(random() * 12); left > 0; left--) {
    const symbol = random() < 0.05 ? `KXNEW-${Math.floor(random() * 20)}` : pick(random, SYMBOLS);
    const dice = random();
    // A market's first book is a snapshot.
    const isNew = records.last(`orderbook ${symbol}`) === 0;
    if (dice < 0.5 && !isNew) {
      const level = (from: number) => [{
        price: from + Math.floor(random() * 20),
        size: Math.floor(random() * 3),
      }];
      records.add("orderbook", symbol, () => connector.delta(symbol, level(1), level(40)));
    } else if (dice >= 0.5 && dice < 0.75) {
      records.add("trade", symbol, () => connector.trade(symbol, 1 + Math.floor(random() * 99)));
    } else if (dice >= 0.5 && dice < 0.9) {
      records.add("ticker", symbol, () => connector.ticker(symbol, 2 + Math.floor(random() * 99)));
    } else if (dice >= 0.5 && dice < 0.95) {
      const state = { state: "open", result: "", detail: `${random()}` } as const;
      records.add("status", symbol, () => connector.publish({ type: "status", symbol, ...state }));
    } else records.add("orderbook", symbol, () => connector.snapshot(symbol));
  }
}

function sinceOf(random: Random, client: SubscriptionModel, records: PublishedRecords): unknown {
  const { position } = records;
  return pick(random, [
    client.token,
    position - Math.floor(random() * 60),
    String(position - Math.floor(random() * 2000)),
    ...[0, position + 1000, "2020-01-01T00:00:00Z", position],
    new Date(Date.now() - Math.floor(random() * 50)).toISOString(),
  ]);
}

function request(random: Random, client: SubscriptionModel, records: PublishedRecords) {
  const symbols = some(random, PATTERNS);
  const types = random() < 0.2 ? {} : { types: some(random, TYPES) };
  const dice = random();
  if (dice < 0.3) return { action: "unsubscribe", symbols, ...types };
  if (dice < 0.4) return { action: "snapshot", symbols, types: ["orderbook"] };
  if (dice < 0.6) return { action: "ping" };
  if (dice < 0.75) {
    return { action: "subscribe", symbols, ...types, since: sinceOf(random, client, records) };
  }
  const mode = pick(random, ["realtime", "realtime", "conflated", "latest"]);
  const interval = mode === "conflated" ? { interval_ms: 10 } : {};
  return { action: "subscribe", symbols, ...types, mode, ...interval };
}

Deno.test(`whatever ${SCENARIOS} clients ask for and take back, each gets every record of it once`, () =>
  withGateway(
    async ({ connector, client, gateway }) => {
      const random = seededRandom(SEED);
      const records = new PublishedRecords(connector);
      for (const symbol of SYMBOLS) {
        records.add("orderbook", symbol, () => connector.snapshot(symbol));
      }
      const probe = await client("?symbols=*&types=trade");
      await probe.next("subscribed");
      records.add("trade", "BTCUSD", () => connector.trade("BTCUSD", 1));
      const first = await probe.next("trade");
      records.base = Number(first["pos"]) - Number(first["seq"]);
      await probe.close();
      const faults: string[] = [];
      const counts = { records: 0, snapshots: 0, resumed: 0 };
      for (let done = 0; done < SCENARIOS; done += AT_ONCE) {
        const clients = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, i) =>
            SubscriptionModel.open(
              `${gateway.url}/v1/stream${random() < 0.3 ? "?format=capnp" : ""}`,
              records,
              `${done + i}`,
            )),
        );
        for (let step = 0; step < STEPS; step++) {
          publish(random, connector, records);
          for (const each of clients) {
            if (random() < 0.4) each.send(request(random, each, records));
          }
          const pause = random();
          if (pause < 0.5) await delay(Math.floor(pause * 8));
          else if (pause < 0.75) await new Promise((resolve) => setImmediate(resolve));
        }
        await connector.flush();
        for (const each of clients) await each.settled();
        await delay(40);
        for (const each of clients) {
          await each.settled();
          each.checkEnd();
          faults.push(...each.faults);
          for (const [name, count] of Object.entries(each.counts)) {
            counts[name as keyof typeof counts] += count;
          }
          each.close();
        }
        if (faults.length > 0) break;
      }
      assert.deepEqual(faults.slice(0, 45), []);
      assert.ok(counts.records > 100 && counts.snapshots > 10 && counts.resumed > 0);
      await until(() => gateway.stats().clients === 0);
    },
    true,
    { recent: { messagesMax: 400 } },
  ));
