import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { decode, Encoder, encodeWatermark } from "@ssmd/codec";
import {
  type Fire,
  type MarketEvent,
  type OrderBookUpdate,
  recordFilters,
  type ServiceRefusal,
  type SignalsDone,
  type SignalsRequest,
  signalsSubject,
  subjectOf,
  watermarkSubject,
} from "@ssmd/market";
import { createLogger, Metrics } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport, openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { marketWalk } from "../check/market_walk.ts";
import { compareFires } from "../engine/fire_id.ts";
import { loadSignal } from "../host/load_signal.ts";
import { archiveTo } from "../testing/archived.ts";
import { textSignal } from "../testing/hosted.ts";
import { runOver } from "../testing/run_signals.ts";
import { SignalService } from "./signal_service.ts";
import type { WantedSignal } from "./signal_set.ts";

const ENV = "test";
const ON = `on: { feeds: ["kalshi"], symbols: ["KX*"] }`;
const SDK =
  `import { builder, orderbook, priceHistory, signal, volumeProfile } from "@ssmd/signal";`;

/** Keeps no book. */
const TRADES = `${SDK}
export default signal({
  title: "trades", version: 1, ${ON},
  state: { flow: volumeProfile({ window: "3s" }) },
  when: ({ flow }) => flow.buyShare > 0.5,
  fire: ({ flow }) => ({ volume: flow.volume }),
});`;

const FRESH = {
  book: `${SDK}
export default signal({
  title: "book", version: 1, ${ON}, state: { book: orderbook() },
  when: ({ book }) => book.imbalance > 0, cooldown: "2s",
  fire: ({ book }) => ({ imbalance: book.imbalance }),
});`,
  timed: `${SDK}
export default signal({
  title: "timed", version: 1, ${ON}, every: "1s",
  state: { book: orderbook(), flow: volumeProfile({ window: "20s" }) },
  when: ({ book, flow }) => book.imbalance > 0 && flow.volume > 100,
  fire: ({ flow }) => ({ volume: flow.volume }),
});`,
  two_feeds: `${SDK}
export default signal({
  title: "two feeds", version: 1, ${ON},
  state: { book: orderbook(), spot: priceHistory({ window: "2s", of: { feed: "kraken", symbol: "KXSPOT" } }) },
  when: ({ book, spot }) => book.mid > spot.last,
  fire: ({ book, spot }) => ({ mid: book.mid, spot: spot.last }),
});`,
};

/** Two feeds of today, whose books come once; later only sizes change. */
function recordsOfToday(): MarketEvent[] {
  const soonUs = (Date.now() + 60_000) * 1000;
  const kalshi = marketWalk({ count: 4000, seed: 5, gapEvery: Infinity });
  const kraken = marketWalk({ count: 4000, seed: 6, feed: "kraken", symbols: ["KXSPOT"] });
  const all = [...kalshi, ...kraken].sort((a, b) => a.receivedAtUs - b.receivedAtUs);
  const firstUs = all[0]?.receivedAtUs ?? 0;
  const lengthUs = (all.at(-1)?.receivedAtUs ?? 0) - firstUs;
  const midnightUs = Math.ceil(soonUs / 86_400e6) * 86_400e6;
  const startUs = soonUs + lengthUs < midnightUs ? soonUs : midnightUs;
  const books = new Map<string, OrderBookUpdate>();
  return all.map((event): MarketEvent => {
    const moved = { ...event, receivedAtUs: event.receivedAtUs + startUs - firstUs };
    if (moved.type !== "orderbook") return moved;
    const first = books.get(moved.symbol);
    if (first === undefined) {
      books.set(moved.symbol, moved);
      return moved;
    }
    return {
      ...{ ...moved, kind: "delta" },
      bids: moved.bids.map(({ size }, i) => ({ price: first.bids[i]?.price ?? 0, size })),
      asks: moved.asks.map(({ size }, i) => ({ price: first.asks[i]?.price ?? 0, size })),
    };
  });
}

async function wanted(sources: Record<string, string>): Promise<WantedSignal[]> {
  const signals = Object.entries(sources).map(([id, source]) => textSignal(id, source));
  return (await Promise.all(signals)).map((signal) => ({ ...signal, enabled: true }));
}

/** Publishes records, and every 50 of them what is complete of each feed. */
async function publish(transport: Transport, part: readonly MarketEvent[]): Promise<void> {
  const publisher = transport.publisher();
  const encoder = new Encoder();
  for (const [i, event] of part.entries()) {
    const subject = subjectOf(ENV, event.feed, event.type, event.symbol);
    publisher.publish({ subject, payload: encoder.encode(event).slice(), id: "" });
    if (i % 50 !== 0 && i !== part.length - 1) continue;
    for (const feed of ["kalshi", "kraken"]) {
      const timeUs = Math.min(event.receivedAtUs, COMPLETE_US);
      const payload = encodeWatermark({ feed, timeUs });
      publisher.publish({ subject: watermarkSubject(ENV, feed), payload, id: "" });
    }
  }
  await publisher.flush();
}

async function ask(
  transport: Transport,
  request: SignalsRequest,
): Promise<SignalsDone> {
  const payload = new TextEncoder().encode(JSON.stringify(request));
  const bytes = await transport.request(signalsSubject(ENV), payload, 120_000);
  const answer = JSON.parse(new TextDecoder().decode(bytes)) as SignalsDone | ServiceRefusal;
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer;
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (const startMs = Date.now(); !await isSo();) {
    assert.ok(Date.now() - startMs < 120_000, "it does not come to that");
    await delay(50);
  }
}

/** A service on a bus, whose environment a test changes. */
interface Rig {
  transport: Transport;
  fires: Fire[];
  sources: Record<string, string>;
  /** Publishes further records, up to a number of them. */
  publishTo(count: number): Promise<void>;
  start(hosts?: number): Promise<SignalService>;
}

async function withRig(
  { transport, storage }: { transport: Transport; storage: Storage },
  test: (rig: Rig) => Promise<void>,
): Promise<void> {
  const fires: Fire[] = [];
  await transport.subscribe(recordFilters(ENV, ["fire"]), ({ payload }) => {
    fires.push(decode("fire", payload));
  });
  let published = 0;
  const rig: Rig = {
    ...{ transport, fires, sources: { trades: TRADES } },
    publishTo: async (count) => {
      await publish(transport, ALL.slice(published, count));
      published = count;
    },
    start: async (hosts = 1) => {
      const service = new SignalService({
        ...{ env: ENV, feeds: ["kalshi", "kraken"], transport, storage, hosts },
        metrics: new Metrics("signals"),
        logger: createLogger({ write: (line) => assert.ok(!line.includes("warn"), line) }),
        readSignals: () => wanted(rig.sources),
        ...(transport.durable
          ? {}
          : { archiveAll: () => archiveTo(storage, ALL.slice(0, published)) }),
      });
      await service.start();
      return service;
    },
  };
  await test(rig);
  await transport.close();
}

const ALL = recordsOfToday();
const COMPLETE_US = Math.min(
  ...["kalshi", "kraken"].map((of) => ALL.findLast(({ feed }) => feed === of)?.receivedAtUs ?? 0),
);

/** Asserts that each signal fires from a time on as if it had seen all; nothing else, nothing twice. */
async function assertFiresFrom(rig: Rig, atUs: number): Promise<void> {
  const loaded = (await wanted(rig.sources)).map((signal) => loadSignal(signal));
  const { fires } = runOver(loaded, ALL, { v8: Deno.version.v8, isCold: true });
  const all = new Map(fires.map((fire) => [fire.id, fire]));
  for (const id of Object.keys(rig.sources)) {
    const of = (list: readonly Fire[]) => list.filter(({ signal }) => signal === id);
    const due = of(fires).filter(({ receivedAtUs }) => receivedAtUs > atUs);
    assert.ok(due.length > 20, `${id} should fire ${due.length} times`);
    const got = of(rig.fires).sort(compareFires);
    assert.deepEqual(got, got.map(({ id }) => all.get(id)), `${id} fires nothing else`);
    assert.equal(new Set(got.map(({ id }) => id)).size, got.length, `${id} fires nothing twice`);
    const late = got.filter(({ receivedAtUs }) => receivedAtUs > atUs);
    const ids = (list: readonly Fire[]) => list.map(({ id }) => id).join(" ");
    assert.equal(ids(late), ids(due.sort(compareFires)), `${id} is warm at once`);
    // What waited for a watermark at the switch is newer than the one before.
    const early = id === "trades"
      ? []
      : got.filter(({ receivedAtUs }) => receivedAtUs < atUs - 5e6);
    assert.deepEqual(early, [], `${id} did not run before`);
  }
}

async function assertDeploy(rig: Rig, hosts = 1): Promise<void> {
  const service = await rig.start(hosts);
  await rig.publishTo(4000);
  await until(() => service.stats().records >= 4000);
  rig.sources = { trades: TRADES, ...FRESH };
  const deployed = ask(rig.transport, { action: "deploy" });
  // The stream goes on meanwhile.
  await rig.publishTo(4300);
  const { switches: [switched], signals } = await deployed;
  assert.deepEqual(signals.map(({ state }) => state), Array(4).fill("running"));
  await rig.publishTo(ALL.length);
  await until(() => service.stats().records >= ALL.length);
  await service.close();
  await assertFiresFrom(rig, Math.max(...Object.values(switched?.feeds ?? {})));
}

for (const hosts of [1, 2]) {
  Deno.test(`a new signal is warm at once by archive and stream, in ${hosts} hosts`, () =>
    withRig(
      { transport: memoryTransport(), storage: memoryStorage() },
      (rig) => assertDeploy(rig, hosts),
    ));
}

Deno.test({
  name: "a new signal is warm at once by an archive of the past and a bus of the rest",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const transport = await openTransport({ type: "nats", url: server.url }, { env: ENV });
    const storage = memoryStorage();
    await archiveTo(storage, ALL.slice(0, 1500));
    await withRig({ transport, storage }, (rig) => assertDeploy(rig));
    await server.stop();
  },
});

Deno.test("signals that an environment got while its service was away are warm, too", () =>
  withRig({ transport: memoryTransport(), storage: memoryStorage() }, async (rig) => {
    let service = await rig.start();
    await rig.publishTo(4000);
    await until(() => service.stats().records >= 4000);
    await service.close();
    rig.sources = { trades: TRADES, ...FRESH };
    service = await rig.start();
    await until(async () => {
      const { switches } = await ask(rig.transport, { action: "history" });
      return switches.at(-1)?.signals.length === 4;
    });
    await rig.publishTo(ALL.length);
    await until(() => service.stats().records >= ALL.length - 4000);
    await service.close();
    await assertFiresFrom(rig, ALL[3999]?.receivedAtUs ?? 0);
  }));

Deno.test("a new signal is warm at once without a look at feeds that it does not need", () => {
  const storage = memoryStorage();
  const seen = new Set<string>();
  /** Notes the feeds of windows that are read. */
  const watched = new Proxy(storage, {
    get: (of, name) => {
      const value = Reflect.get(of, name);
      if (typeof value !== "function" || name === "put") return value;
      return (...args: unknown[]) => {
        if (String(args[0]).endsWith(".zst")) seen.add(String(args[0]).split("/")[2] ?? "");
        return value.apply(of, args);
      };
    },
  });
  return withRig({ transport: memoryTransport(), storage: watched }, async (rig) => {
    const service = await rig.start();
    await rig.publishTo(4000);
    await until(() => service.stats().records >= 4000);
    rig.sources = { trades: TRADES, book: FRESH.book };
    seen.clear();
    const { switches: [switched] } = await ask(rig.transport, { action: "deploy" });
    assert.deepEqual([...seen], ["kalshi"]);
    await rig.publishTo(ALL.length);
    await until(() => service.stats().records >= ALL.length);
    await service.close();
    await assertFiresFrom(rig, Math.max(...Object.values(switched?.feeds ?? {})));
  });
});

Deno.test("a signal that is enabled again is warm at once", () =>
  withRig({ transport: memoryTransport(), storage: memoryStorage() }, async (rig) => {
    rig.sources = { trades: TRADES, book: FRESH.book };
    const service = await rig.start();
    await ask(rig.transport, { action: "disable", id: "book" });
    await rig.publishTo(4000);
    const { switches: [switched] } = await ask(rig.transport, { action: "enable", id: "book" });
    await rig.publishTo(ALL.length);
    await until(() => service.stats().records >= ALL.length);
    await service.close();
    await assertFiresFrom(rig, Math.max(...Object.values(switched?.feeds ?? {})));
  }));

const OWN = `${SDK}
const ticks = builder(() => {
  let count = 0;
  return {
    get valid() { return true; },
    get count() { return count; },
    apply() { count++; },
    write: (to) => void to.number(count),
    read: (from) => { count = from.number(); },
  };
}, { types: ["trade"] });
export default signal({
  title: "own", version: 1, ${ON}, state: { ticks },
  when: ({ ticks }) => ticks.count % 10 === 0, edge: "level",
  fire: ({ ticks }) => ({ count: ticks.count }),
});`;

Deno.test("code whose own builder writes another state goes on with what it would have seen", () =>
  withRig({ transport: memoryTransport(), storage: memoryStorage() }, async (rig) => {
    rig.sources = { own: OWN };
    const service = await rig.start();
    await rig.publishTo(4000);
    const changed = OWN.replace("number(count)", 'text("count").number(count)')
      .replace("count = from.number()", "from.text(); count = from.number()");
    rig.sources = { own: changed };
    const { switches: [switched] } = await ask(rig.transport, { action: "deploy" });
    const before = rig.fires.length;
    await rig.publishTo(ALL.length);
    await until(() => service.stats().records >= ALL.length);
    await service.close();
    rig.fires.splice(0, before);
    await assertFiresFrom(rig, Math.max(...Object.values(switched?.feeds ?? {})));
  }));
