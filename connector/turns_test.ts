import assert from "node:assert/strict";
import { translateSpan } from "@ssmd/dataset/reprocess";
import type { MarketEvent } from "@ssmd/market";
import { Metrics, silentLogger, sleep } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import {
  type NatsServer,
  natsServerAvailable,
  startNatsServer,
} from "../tests/servers/nats_server.ts";
import { CutLine } from "../tests/servers/cut_line.ts";
import type { Connector } from "./connector.ts";
import { createConnector } from "./feed_connector.ts";
import { ENV, FeedListener, NO_CLOCK_SOURCES } from "./testing/connector_rig.ts";
import { type FakeClient, FakeExchange, send } from "./testing/fake_exchange.ts";
import { type FakeFrame, fakeVenue } from "./testing/fake_venue.ts";

const ignore = !natsServerAvailable();
const FEED = "fake";
const TAKEOVER_MS = 800;

/** One of two connectors of a feed: a bus connection and a spool of its own, raw in common. */
class Side {
  private constructor(
    readonly connector: Connector,
    readonly line: CutLine,
    private readonly transport: Transport,
  ) {}

  static async start(pair: Pair, spoolDir: string): Promise<Side> {
    const line = new CutLine(pair.server.port);
    const url = `nats://127.0.0.1:${line.port}`;
    const transport = await openTransport({ type: "nats", url }, { env: ENV });
    const connector = createConnector({
      ...{ env: ENV, feed: FEED, venue: fakeVenue(), transport, spoolDir },
      symbolsPerConnection: 2,
      symbols: ["A", "B", "C"].map((symbol) => ({ symbol, external: symbol })),
      ...{
        endpoint: pair.exchange.url,
        credentials: () => Promise.resolve({}),
        clockSources: NO_CLOCK_SOURCES,
      },
      ...{ storage: pair.storage, logger: silentLogger, metrics: new Metrics("connector") },
      ...{ version: "0.1.0", commit: "test", takeoverMs: TAKEOVER_MS },
    });
    const before = pair.exchange.clients.length;
    await connector.start();
    // Two connections: three symbols, two on each.
    await pair.exchange.until(() => pair.exchange.clients.length >= before + 2 || undefined);
    await pair.exchange.until(() =>
      pair.exchange.clients.slice(before).every(({ received }) => received.length > 0) || undefined
    );
    return new Side(connector, line, transport);
  }

  async stop(): Promise<void> {
    await this.connector.close();
    await this.transport.close();
    this.line[Symbol.dispose]();
  }
}

/** A bus, an exchange that tells every client the same, and what came out. */
class Pair {
  readonly dir = Deno.makeTempDirSync({ prefix: "ssmd-pair-" });
  readonly exchange = new FakeExchange();
  readonly storage: Storage = memoryStorage();
  readonly listener = new FeedListener();
  #transport: Transport | undefined;

  private constructor(readonly server: NatsServer) {}

  static async with(body: (pair: Pair) => Promise<void>): Promise<void> {
    const pair = new Pair(await startNatsServer());
    try {
      await pair.exchange.listen();
      const bus = await openTransport({ type: "nats", url: pair.server.url }, { env: ENV });
      pair.#transport = bus;
      await pair.listener.listen(bus);
      await body(pair);
    } finally {
      await pair.exchange.close();
      await pair.#transport?.close();
      await pair.server.stop();
      await Deno.remove(pair.dir, { recursive: true });
    }
  }

  /** Tells every connection that has the symbol's market. */
  say(symbol: string, ...frames: FakeFrame[]): void {
    for (const client of this.exchange.clients) {
      const isOpen = client.socket.readyState === client.socket.OPEN;
      if (isOpen && client.received[0]?.includes(symbol)) send(client, ...frames);
    }
  }

  get events(): MarketEvent[] {
    return this.listener.events;
  }

  async untilPublished(trade: number): Promise<void> {
    await this.listener.until(() => this.tradeIds().includes(trade));
  }

  tradeIds(): number[] {
    return this.events.flatMap((event) => event.type === "trade" ? [Number(event.tradeId)] : []);
  }

  /** What raw of both gives, in the bus's order. */
  async fromRaw(): Promise<MarketEvent[]> {
    const events: MarketEvent[] = [];
    const span = { env: ENV, feed: FEED, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
    const venues = { [FEED]: fakeVenue() };
    await translateSpan(this.storage, span, { onEvent: (event) => events.push(event), venues });
    return sorted(events);
  }
}

function keyOf({ run, connection, sequence }: MarketEvent): string {
  return `${run} ${connection} ${String(sequence).padStart(9, "0")}`;
}

function sorted(events: readonly MarketEvent[]): MarketEvent[] {
  return [...events].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

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
    const first = await Side.start(pair, `${pair.dir}/first`);
    const second = await Side.start(pair, `${pair.dir}/second`);
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
    const first = await Side.start(pair, `${pair.dir}/first`);
    const second = await Side.start(pair, `${pair.dir}/second`);
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
