import assert from "node:assert/strict";
import type { MarketEvent } from "@ssmd/market";
import { sleep } from "@ssmd/runtime";
import { natsServerAvailable } from "../tests/servers/nats_server.ts";
import { type FakeClient, send } from "./testing/fake_exchange.ts";
import { Pair, PAIR_SPECS, Side, sorted } from "./testing/pair_rig.ts";

const ignore = !natsServerAvailable();

/** The numbers of a book as a reader of the archive gets them; a delta without its book is an error. */
function bookOf(events: readonly MarketEvent[], symbol: string): number[] {
  const numbers: number[] = [];
  let last: MarketEvent | undefined;
  for (const event of events) {
    if (event.type !== "orderbook" || event.symbol !== symbol) continue;
    const n = event.bids[0]?.size ?? 0;
    const isOther = last?.run !== event.run;
    if (isOther || event.kind === "snapshot") {
      assert.equal(event.kind, "snapshot", `${symbol} ${n}`);
    } else assert.equal(n, numbers.at(-1)! + 1);
    if (n !== numbers.at(-1)) numbers.push(n);
    last = event;
  }
  return numbers;
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

/** The one that tells, and its standby. */
async function bothSides(pair: Pair): Promise<[Side, Side]> {
  const first = await Side.start(pair, `${pair.dir}/first`);
  return [first, await Side.start(pair, `${pair.dir}/second`)];
}

/** Trades and a book, one step at a time. */
function tell(pair: Pair, from: number, to: number): void {
  for (let n = from; n <= to; n++) {
    pair.say("A", { trade: "A", id: n }, n === 1 ? { snap: "A", n } : { book: "A", n });
    pair.say("C", { trade: "C", id: 1000 + n }, n === 1 ? { snap: "C", n } : { book: "C", n });
  }
}

function assertWhole(pair: Pair, n: number): void {
  const trades = pair.tradeIds();
  assert.deepEqual(trades.filter((id) => id < 1000).sort((a, b) => a - b), upTo(n));
  assert.deepEqual(
    trades.filter((id) => id > 1000).sort((a, b) => a - b),
    upTo(n).map((id) => 1000 + id),
  );
  assert.deepEqual(bookOf(pair.events, "A"), upTo(n));
  assert.deepEqual(bookOf(pair.events, "C"), upTo(n));
}

Deno.test("of two connectors of a feed one tells it; the other goes on where it ends", {
  ignore,
}, () =>
  Pair.with(async (pair) => {
    const [first, second] = await bothSides(pair);
    assert.deepEqual([first.connector.isTelling, second.connector.isTelling], [true, false]);
    tell(pair, 1, 5);
    await pair.untilPublished(1005);
    // For the other one it is dead, and what it gets from now on lies in its spool alone.
    first.line.cut();
    tell(pair, 6, 20);
    await pair.untilPublished(1020);
    tell(pair, 21, 30);
    await pair.untilPublished(1030);
    assertWhole(pair, 30);
    assert.deepEqual(pair.listener.gaps(), []);
    first.line.mend();
    assert.equal((await first.connector.replaced).code, "CONNECTOR_REPLACED");
    await first.stop();
    assertWhole(pair, 30);
    await second.stop();
    const again = await Side.start(pair, `${pair.dir}/first`);
    await again.stop();
    assertWhole(pair, 30);
    assert.deepEqual(await pair.fromRaw(), sorted(pair.events));
  }));

async function untilBacked({ connector }: Side): Promise<void> {
  while (!connector.isBacked) await sleep(20);
}

async function untilTelling({ connector }: Side): Promise<void> {
  while (!connector.isTelling) await sleep(20);
}

/** The newest connections get the books, as after each subscription. */
async function snapshots(pair: Pair, clients: number, n: number): Promise<void> {
  const { exchange } = pair;
  await exchange.until(() => exchange.clients.length >= clients || undefined);
  const newest = exchange.clients.slice(-2);
  await exchange.until(() => newest.every(({ received }) => received.length > 0) || undefined);
  for (const client of newest) {
    const symbol = client.received[0]?.includes("A") ? "A" : "C";
    send(client, { snap: symbol, n });
  }
}

Deno.test("a gap of the one that tells is filled by the other one while both go on", {
  ignore,
}, () =>
  Pair.with(async (pair) => {
    const { exchange } = pair;
    const [first, second] = await bothSides(pair);
    tell(pair, 1, 5);
    await untilBacked(first);
    tell(pair, 6, 10);
    await pair.untilPublished(1010);
    for (const { socket } of exchange.clients.slice(0, 2)) socket.terminate();
    tell(pair, 11, 20);
    await untilTelling(second);
    tell(pair, 21, 30);
    await pair.untilPublished(1030);
    assertWhole(pair, 30);
    assert.deepEqual(pair.listener.gaps(), []);
    await snapshots(pair, 6, 30);
    await untilBacked(second);
    tell(pair, 31, 35);
    await pair.untilPublished(1035);
    for (const { socket } of exchange.clients.slice(2, 4)) socket.terminate();
    tell(pair, 36, 40);
    await untilTelling(first);
    await pair.untilPublished(1040);
    assertWhole(pair, 40);
    await snapshots(pair, 8, 40);
    await untilBacked(first);
    tell(pair, 41, 45);
    await pair.untilPublished(1045);
    // One frame is lost on the way to the first one.
    const isOfA = ({ received }: FakeClient) => received[0]?.includes("A");
    for (const client of exchange.clients.slice(6, 8).filter(isOfA)) {
      send(client, { book: "A", n: 46 });
    }
    pair.say("A", { trade: "A", id: 46 });
    pair.say("C", { trade: "C", id: 1046 }, { book: "C", n: 46 });
    tell(pair, 47, 50);
    await untilTelling(second);
    await pair.untilPublished(1050);
    assertWhole(pair, 50);
    assert.deepEqual(pair.listener.gaps(), []);
    await first.stop();
    await second.stop();
    assert.deepEqual(await pair.fromRaw(), sorted(pair.events));
  }));

/** Storage takes nothing until it may go on, so that the spools keep their segments. */
function slowStorage({ storage }: Pair): { goOn: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const put = storage.put.bind(storage);
  storage.put = async (...args: Parameters<typeof put>) => {
    await promise;
    return await put(...args);
  };
  return { goOn: resolve };
}

Deno.test("a second turn counts the first one's records, whichever segment it is replayed from", {
  ignore,
}, () =>
  Pair.with(async (pair) => {
    const { exchange } = pair;
    const [first, second] = await bothSides(pair);
    tell(pair, 1, 5);
    await pair.untilPublished(1005);
    first.line.cut();
    tell(pair, 6, 10);
    const storage = slowStorage(pair);
    // A connection more begins a segment, in what will be the first turn of the second one.
    const more = ["D", "E"].map((symbol) => ({ symbol, external: symbol }));
    await second.connector.changeSymbols([...PAIR_SPECS, ...more]);
    await exchange.until(() => exchange.clients.length >= 5 || undefined);
    const openedMs = performance.now();
    tell(pair, 11, 15);
    await pair.untilPublished(1015);
    first.line.mend();
    await first.connector.replaced;
    await first.stop();
    const again = await Side.start(pair, `${pair.dir}/first`);
    await snapshots(pair, 7, 15);
    await again.connector.changeSymbols([...PAIR_SPECS, ...more]);
    await untilBacked(second);
    for (const { socket } of exchange.clients.slice(2, 5)) socket.terminate();
    await untilTelling(again);
    // Ten seconds before the second turn lies that segment.
    await sleep(10_500 - (performance.now() - openedMs));
    await snapshots(pair, 10, 15);
    tell(pair, 16, 18);
    await pair.untilPublished(1018);
    again.line.cut();
    await untilTelling(second);
    tell(pair, 19, 20);
    await pair.untilPublished(1020);
    storage.goOn();
    await second.stop();
    again.line.mend();
    await again.stop();
    assert.deepEqual(await pair.fromRaw(), sorted(pair.events));
  }));

Deno.test(
  "a rolling deploy has no gap and nothing twice",
  { ignore },
  () =>
    Pair.with(async (pair) => {
      let old = await Side.start(pair, `${pair.dir}/0`);
      tell(pair, 1, 10);
      await pair.untilPublished(1010);
      for (const [i, n] of [20, 30, 40].entries()) {
        const next = await Side.start(pair, `${pair.dir}/${i + 1}`);
        // A connection that has just begun gets the books from the venue.
        for (const client of pair.exchange.clients.slice(-2)) {
          const symbol = client.received[0]?.includes("A") ? "A" : "C";
          send(client, { snap: symbol, n: n - 10 });
        }
        tell(pair, n - 9, n - 5);
        await pair.untilPublished(1000 + n - 5);
        const stopped = old.stop();
        tell(pair, n - 4, n);
        await stopped;
        await pair.untilPublished(1000 + n);
        old = next;
      }
      await old.stop();
      await sleep(0);
      assertWhole(pair, 40);
      assert.deepEqual(pair.listener.gaps(), []);
      assert.deepEqual(await pair.fromRaw(), sorted(pair.events));
    }),
);

Deno.test("a channel that dies at the one that tells is told by the other one, minute and all", {
  // A channel is silent after a minute.
  ignore: ignore || Deno.env.get("SSMD_PAIR_SILENCE") !== "1",
}, () =>
  Pair.with(async (pair) => {
    const [first, second] = await bothSides(pair);
    pair.say("B", { snap: "B", n: 1 });
    tell(pair, 1, 5);
    await untilBacked(first);
    tell(pair, 6, 40);
    const [, , ...ofSecond] = pair.exchange.clients;
    const isOfA = ({ received }: FakeClient) => received[0]?.includes("A");
    let n = 40;
    while (!second.connector.isTelling) {
      n++;
      for (const client of ofSecond.filter(isOfA)) send(client, { book: "A", n });
      pair.say("A", { trade: "A", id: n });
      pair.say("C", { trade: "C", id: 1000 + n }, { book: "C", n });
      await sleep(200);
    }
    await pair.untilPublished(1000 + n);
    assertWhole(pair, n);
    assert.deepEqual(pair.listener.gaps(), []);
    await first.stop();
    await second.stop();
    assert.deepEqual(await pair.fromRaw(), sorted(pair.events));
  }));
