import assert from "node:assert/strict";
import { demoKey, type Fault, type Simulator, startSimulator } from "./mod.ts";
import { signedHeaders, TestClient } from "./testing.ts";

const MODEL = { type: "model", seed: 11, ratePerSecond: 400 } as const;
const [BTC, RAIN] = ["KXSIMBTC-26DEC31-T99999.99", "KXSIMRAIN-26DEC31-B0.5"] as const;

async function kalshiClient(simulator: Simulator): Promise<TestClient> {
  return TestClient.open(simulator.url, await signedHeaders(await demoKey()));
}

function subscribe(client: TestClient, id: number, channel: string, ...tickers: string[]): void {
  const params = { channels: [channel], market_tickers: tickers };
  client.send({ id, cmd: "subscribe", params });
}

const answer = (id: number) => (frame: string) => JSON.parse(frame).id === id;

Deno.test("kalshi: requests for a market's channel are refused whole, as often as it is told", async () => {
  const simulator = await startSimulator({ venue: "kalshi", source: MODEL });
  simulator.fault({ type: "refuse", symbol: RAIN, kind: "ticker", count: 2 });
  const client = await kalshiClient(simulator);
  subscribe(client, 1, "trade", BTC, RAIN);
  assert.match(await client.next(answer(1)), /"type":"subscribed"/);
  subscribe(client, 2, "ticker", BTC);
  assert.match(await client.next(answer(2)), /"type":"subscribed"/);
  subscribe(client, 3, "ticker", BTC, RAIN);
  assert.match(await client.next(answer(3)), /"type":"error".*"code":27/);
  await client.close();
  const other = await kalshiClient(simulator);
  subscribe(other, 4, "ticker", RAIN);
  assert.match(await other.next(answer(4)), /"type":"error"/);
  subscribe(other, 5, "ticker", RAIN);
  assert.match(await other.next(answer(5)), /"type":"subscribed"/);
  await other.close();
  await simulator.close();
});

Deno.test("kalshi: a forgotten subscription brings nothing and is not known, a new one works", async () => {
  const simulator = await startSimulator({ venue: "kalshi", source: MODEL });
  const client = await kalshiClient(simulator);
  subscribe(client, 1, "orderbook_delta", BTC);
  const { msg: { sid } } = JSON.parse(await client.next(answer(1)));
  await client.next((frame) => frame.includes("orderbook_delta"));
  simulator.fault({ type: "forget" });
  const params = { sid, market_tickers: [BTC], action: "get_snapshot" };
  client.send({ id: 2, cmd: "update_subscription", params });
  assert.match(await client.next(answer(2)), /"code":7/);
  const from = client.frames.findIndex(answer(2));
  subscribe(client, 3, "trade", BTC);
  await client.next((frame) => frame.includes(`"type":"trade"`));
  const after = client.frames.slice(from + 1).map((frame) => JSON.parse(frame).type);
  assert.deepEqual(after.filter((type) => /orderbook/.test(type)), []);
  subscribe(client, 4, "orderbook_delta", BTC);
  await client.next((frame) => frame.includes("orderbook_snapshot"));
  await client.close();
  await simulator.close();
});

/** The checksums of a market's book updates, and whether each is the next one of a true book's. */
async function checksums(count: number | undefined): Promise<Map<string, number[]>> {
  const options = { venue: "kraken", source: { ...MODEL, speed: "max", events: 4000 } } as const;
  const simulator = await startSimulator(options);
  if (count !== undefined) simulator.fault({ type: "checksum", symbol: "ETH/USD", count });
  const client = await TestClient.open(simulator.url);
  const params = { channel: "book", symbol: ["BTC/USD", "ETH/USD"], snapshot: true };
  client.send({ method: "subscribe", params });
  await simulator.done;
  const sums = new Map<string, number[]>();
  for (const frame of client.frames) {
    const { channel, data } = JSON.parse(frame);
    if (channel !== "book") continue;
    const [{ symbol, checksum }] = data;
    sums.set(symbol, [...sums.get(symbol) ?? [], checksum]);
  }
  await client.close();
  await simulator.close();
  return sums;
}

Deno.test("kraken: the next checksums of one market's updates are wrong, its snapshot's and others' are not", async () => {
  const [right, wrong] = await Promise.all([checksums(undefined), checksums(3)]);
  assert.deepEqual(wrong.get("BTC/USD"), right.get("BTC/USD"));
  const [own = [], reported = []] = [right.get("ETH/USD"), wrong.get("ETH/USD")];
  assert.ok(own.length > 10);
  assert.deepEqual(
    reported.flatMap((sum, i) => sum === own[i] ? [] : [i]),
    [1, 2, 3],
    "the snapshot is right, and so is what follows the fault",
  );
});

Deno.test("polymarket: one token's hashes are wrong or its trades stay away, the other's do not", async () => {
  const [own, other] = ["7".repeat(77), "10".repeat(38)] as const;
  const frames = async (faults: readonly Fault[]) => {
    const source = { ...MODEL, events: 300, speed: "max", startUs: 1_790_491_136_000_000 } as const;
    const simulator = await startSimulator({ venue: "polymarket", source });
    for (const fault of faults) simulator.fault(fault);
    const client = await TestClient.open(simulator.url);
    client.send({ assets_ids: [own, other], type: "market" });
    await simulator.done;
    await client.close();
    await simulator.close();
    return client.frames;
  };
  const right = await frames([]);
  assert.ok(right.length > 100);
  const of = (token: string) => (frame: string) => frame.includes(`"asset_id": "${token}"`);
  const wrong = await frames([{ type: "checksum", symbol: own }]);
  const hashless = (frame: string) => frame.replaceAll(/"hash": ?"\w+"/g, "");
  assert.deepEqual(wrong.map(hashless), right.map(hashless));
  assert.deepEqual(wrong.filter(of(other)), right.filter(of(other)));
  const hashed = (frame: string) => of(own)(frame) && frame.includes(`"hash"`);
  const equal = wrong.filter(hashed).filter((frame) => right.includes(frame));
  assert.deepEqual([wrong.some(hashed), equal], [true, []]);
  const isTrade = (frame: string) => frame.includes("last_trade_price") && of(own)(frame);
  assert.deepEqual(
    await frames([{ type: "mute", symbol: own, kind: "trade" }]),
    right.filter((frame) => !isTrade(frame)),
  );
});
