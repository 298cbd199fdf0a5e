import assert from "node:assert/strict";
import { decode, Encoder, encodeWatermark } from "@ssmd/codec";
import {
  type Fire,
  type MarketEvent,
  recordFilters,
  type ServiceRefusal,
  type SignalsDone,
  type SignalsRequest,
  signalsSubject,
  subjectOf,
  watermarkSubject,
} from "@ssmd/market";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport, type Transport } from "@ssmd/transport";
import { compareFires } from "../engine/fire_id.ts";
import { loadSignal } from "../host/load_signal.ts";
import { archiveTo } from "../testing/archived.ts";
import { textSignal } from "../testing/hosted.ts";
import { marketWalk } from "../check/market_walk.ts";
import { runOver } from "../testing/run_signals.ts";
import { SignalService } from "./signal_service.ts";
import type { WantedSignal } from "./signal_set.ts";

const ENV = "test";
const encoder = new Encoder();

const SOURCES = {
  wide: `import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "wide", version: 1, on: { feeds: ["kalshi"], symbols: ["KX*"] },
  params: { least: 0.035 }, state: { book: orderbook() },
  when: ({ book }, p) => book.spread >= p.least, cooldown: "2s",
  fire: ({ book }) => ({ spread: book.spread }),
});`,
  each_second: `import { signal, volumeProfile } from "@ssmd/signal";
export default signal({
  title: "each second", version: 1, on: { feeds: ["kalshi"], symbols: ["KX*"] },
  state: { flow: volumeProfile({ window: "3s" }) },
  when: ({ flow }) => flow.volume > 150, every: "1s",
  fire: ({ flow }) => ({ volume: flow.volume }),
});`,
  two_feeds: `import { orderbook, priceHistory, signal } from "@ssmd/signal";
export default signal({
  title: "two feeds", version: 1, on: { feeds: ["kalshi"], symbols: ["KX*"] },
  state: { book: orderbook(), spot: priceHistory({ window: "2s", of: { feed: "kraken", symbol: "KXSPOT" } }) },
  when: ({ book, spot }) => book.mid > spot.last,
  fire: ({ book, spot }) => ({ mid: book.mid, spot: spot.last }),
});`,
};

async function wanted(changes: Partial<WantedSignal> = {}): Promise<WantedSignal[]> {
  const signals = Object.entries(SOURCES).map(([id, source]) => textSignal(id, source));
  return (await Promise.all(signals)).map((signal) => ({ ...signal, enabled: true, ...changes }));
}

/** Two feeds as the bus has them: side by side, one some milliseconds behind the other. */
function records(): MarketEvent[] {
  const kalshi = marketWalk({ count: 4000, seed: 5 });
  const kraken = marketWalk({ count: 4000, seed: 6, feed: "kraken", symbols: ["KXSPOT"] });
  const order = [
    ...kalshi.map((event) => ({ event, atUs: event.receivedAtUs })),
    ...kraken.map((event) => ({ event, atUs: event.receivedAtUs + 30_000 })),
  ];
  return order.sort((a, b) => a.atUs - b.atUs).map(({ event }) => event);
}

/** Publishes records, and now and then what is known to be complete of each feed. */
function publish(transport: Transport, part: readonly MarketEvent[], isLast = false): void {
  const publisher = transport.publisher();
  const reached = new Map<string, number>();
  for (const [i, event] of part.entries()) {
    const subject = subjectOf(ENV, event.feed, event.type, event.symbol);
    const id = "";
    publisher.publish({ subject, payload: encoder.encode(event), id });
    reached.set(event.feed, event.receivedAtUs);
    if (i % 50 !== 0 && i !== part.length - 1) continue;
    for (const [feed, timeUs] of reached) {
      const watermark = {
        feed,
        timeUs: isLast && i === part.length - 1 ? Math.max(...reached.values()) : timeUs,
      };
      publisher.publish({
        subject: watermarkSubject(ENV, feed),
        payload: encodeWatermark(watermark),
        id: "",
      });
    }
  }
}

async function expected(
  all: readonly MarketEvent[],
  signals: readonly WantedSignal[],
): Promise<Fire[]> {
  await Promise.resolve();
  return runOver(signals.map((signal) => loadSignal(signal)), all, { v8: Deno.version.v8 }).fires
    .sort(compareFires);
}

/** Fires on a bus from now on. */
async function listen(transport: Transport): Promise<Fire[]> {
  const fires: Fire[] = [];
  await transport.subscribe(recordFilters(ENV, ["fire"]), ({ payload }) => {
    fires.push(decode("fire", payload));
  });
  return fires;
}

function serviceOn(
  transport: Transport,
  storage: Storage,
  readSignals = () => wanted(),
  { hosts = 1, metrics = new Metrics("signals") }: { hosts?: number; metrics?: Metrics } = {},
) {
  return new SignalService({
    hosts,
    ...{ env: ENV, feeds: ["kalshi", "kraken"], transport, storage, readSignals },
    ...{ logger: silentLogger, metrics },
  });
}

async function ask(
  transport: Transport,
  request: SignalsRequest,
): Promise<SignalsDone | ServiceRefusal> {
  const payload = new TextEncoder().encode(JSON.stringify(request));
  // It answers between two batches; one of which a host dies takes long on a busy machine.
  const answer = await transport.request(signalsSubject(ENV), payload, 120_000);
  return JSON.parse(new TextDecoder().decode(answer)) as SignalsDone | ServiceRefusal;
}

for (const hosts of [1, 2]) {
  Deno.test(`fires of ${hosts} hosts are those of the engine over the same records, each once, over restarts`, () =>
    assertRestarts(hosts));
}

async function assertRestarts(hosts: number): Promise<void> {
  const all = records();
  const transport = memoryTransport();
  const storage = memoryStorage();
  const fires = await listen(transport);
  for (let life = 0; life < 3; life++) {
    const service = serviceOn(transport, storage, wanted, { hosts });
    await service.start();
    const from = Math.floor(life * all.length / 3);
    const to = Math.floor((life + 1) * all.length / 3);
    // What came before comes again, as from a spool.
    publish(transport, all.slice(Math.max(0, from - 200), to), life === 2);
    await service.close();
  }
  const whole = await expected(all, await wanted());
  assert.ok(whole.length > 100, `${whole.length} fires`);
  assert.ok(new Set(whole.map(({ signal }) => signal)).size === 3, "each signal fires");
  assert.deepEqual(fires.sort(compareFires), whole);
  await transport.close();
}

Deno.test("a signal is switched off and on at one place of the stream, and stays so over a restart", async () => {
  const all = records();
  const transport = memoryTransport();
  const storage = memoryStorage();
  const fires = await listen(transport);
  let service = serviceOn(transport, storage);
  await service.start();
  publish(transport, all.slice(0, 2000));
  const off = await ask(transport, { action: "disable", id: "wide" });
  assert.ok(off.ok);
  assert.deepEqual(off.signals.map(({ id, state }) => `${id} ${state}`), [
    "wide disabled",
    "each_second running",
    "two_feeds running",
  ]);
  assert.deepEqual(off.switches[0]?.signals.map(({ id }) => id), ["each_second", "two_feeds"]);
  const before = fires.filter(({ signal }) => signal === "wide").length;
  assert.ok(before > 0);
  publish(transport, all.slice(2000, 4000));
  await service.close();
  service = serviceOn(transport, storage);
  await service.start();
  publish(transport, all.slice(4000, 6000));
  const unknown = await ask(transport, { action: "enable", id: "wid" });
  assert.ok(!unknown.ok && unknown.code === "SIGNAL_UNKNOWN" && /wide/.test(unknown.hint));
  assert.equal(fires.filter(({ signal }) => signal === "wide").length, before);
  assert.ok((await ask(transport, { action: "enable", id: "wide" })).ok);
  publish(transport, all.slice(6000), true);
  await service.close();
  assert.ok(fires.filter(({ signal }) => signal === "wide").length > before);
  assert.deepEqual(others(fires), others(await expected(all, await wanted())));
  await transport.close();
});

/** Records of from now on, within a day: what is read of a day begins with today's. */
function recordsFromNow(): MarketEvent[] {
  const all = records();
  const firstUs = all[0]?.receivedAtUs ?? 0;
  const lengthUs = Math.max(...all.map(({ receivedAtUs }) => receivedAtUs)) - firstUs;
  const soonUs = (Date.now() + 60_000) * 1000;
  const midnightUs = Math.ceil(soonUs / 86_400e6) * 86_400e6;
  const startUs = soonUs + lengthUs < midnightUs ? soonUs : midnightUs;
  return all.map((event) => ({ ...event, receivedAtUs: event.receivedAtUs + startUs - firstUs }));
}

Deno.test("the first signals of an environment begin with a deploy, warm by what is archived", async () => {
  const all = recordsFromNow();
  const transport = memoryTransport();
  const storage = memoryStorage();
  const fires = await listen(transport);
  let signals: WantedSignal[] = [];
  const service = new SignalService({
    ...{ env: ENV, feeds: ["kalshi", "kraken"], transport, storage, logger: silentLogger },
    ...{ readSignals: () => Promise.resolve(signals), metrics: new Metrics("signals") },
    archiveAll: () => archiveTo(storage, all.slice(0, 4200)),
  });
  await service.start();
  publish(transport, all.slice(0, 4000));
  assert.deepEqual(await ask(transport, { action: "list" }), {
    ...{ ok: true, signals: [], lag_seconds: 0, switches: [] },
  });
  const none = await ask(transport, { action: "deploy" });
  assert.ok(!none.ok && none.code === "SIGNALS_NONE", JSON.stringify(none));
  signals = [{ ...await textSignal("broken", "export default 1;"), enabled: true }];
  assert.ok(!(await ask(transport, { action: "deploy" })).ok);
  signals = await wanted();
  const first = await ask(transport, { action: "deploy" });
  assert.ok(first.ok, JSON.stringify(first));
  assert.deepEqual(first.signals.map(({ state }) => state), ["running", "running", "running"]);
  assert.deepEqual(first.switches.map(({ action }) => action), ["start"]);
  publish(transport, all.slice(4000), true);
  await service.close();
  const loaded = signals.map((signal) => loadSignal(signal));
  const whole = runOver(loaded, all, { v8: Deno.version.v8, isCold: true }).fires;
  assert.ok(new Set(whole.map(({ signal }) => signal)).size === 3, "each signal fires");
  assert.deepEqual(fires.sort(compareFires), whole.sort(compareFires));
  await transport.close();
});

/** By what is changed of it: the signal `wide` as it is afterwards. */
const CHANGES: Record<string, () => Promise<Partial<WantedSignal>>> = {
  "other parameters": () => Promise.resolve({ params: { least: 0.03 } }),
  "other code": () =>
    textSignal("wide", SOURCES.wide.replace("version: 1", "version: 2").replace(">=", ">")),
  "another builder": () =>
    textSignal("wide", SOURCES.wide.replace("orderbook()", "orderbook({ depth: 2 })")),
};

for (const [what, change] of Object.entries(CHANGES)) {
  Deno.test(`with ${what} a signal goes on at one place; the others lose and double nothing`, async () => {
    const all = records();
    const transport = memoryTransport();
    const storage = memoryStorage();
    const fires = await listen(transport);
    let isChanged = false;
    const service = serviceOn(transport, storage, async () => {
      const signals = await wanted();
      const changed = isChanged ? await change() : {};
      return signals.map((each) => each.id === "wide" ? { ...each, ...changed } : each);
    });
    await service.start();
    publish(transport, all.slice(0, 4000));
    isChanged = true;
    const answer = await ask(transport, { action: "deploy" });
    assert.ok(answer.ok);
    const switched = answer.switches[0];
    publish(transport, all.slice(4000), true);
    await service.close();
    const history = await storage.get(`normalized/${ENV}/signals-main.history.json`);
    assert.equal(JSON.parse(new TextDecoder().decode(history)).length, 2);
    const atUs = switched?.feeds["kalshi"] ?? 0;
    const wide = fires.filter(({ signal }) => signal === "wide");
    const lineage = (list: readonly Fire[]) => [
      ...new Set(list.map(({ paramsHash, sourceHash }) => `${sourceHash} ${paramsHash}`)),
    ];
    const old = lineage(wide.filter(({ receivedAtUs }) => receivedAtUs <= atUs));
    const now = lineage(wide.filter(({ receivedAtUs }) => receivedAtUs > atUs));
    assert.deepEqual([old.length, now.length], [1, 1]);
    assert.notDeepEqual(old, now);
    const running = switched?.signals.find(({ id }) => id === "wide");
    assert.deepEqual(now, [`${running?.source_hash} ${running?.params_hash}`]);
    assert.equal(new Set(fires.map(({ id }) => id)).size, fires.length, "no fire is told twice");
    assert.deepEqual(others(fires), others(await expected(all, await wanted())));
    await transport.close();
  });
}

/** Fires of the signals that were not touched. */
function others(list: readonly Fire[]): Fire[] {
  return list.filter(({ signal }) => signal !== "wide").sort(compareFires);
}

Deno.test("code that cannot be loaded is refused, and the signals run on as they were", async () => {
  const all = records();
  const transport = memoryTransport();
  const fires = await listen(transport);
  let source = SOURCES.wide;
  const service = serviceOn(transport, memoryStorage(), async () => {
    const changed = await textSignal("wide", source);
    return (await wanted()).map((each) => each.id === "wide" ? { ...each, ...changed } : each);
  });
  await service.start();
  publish(transport, all.slice(0, 4000));
  source = `throw new Error("not today"); ${SOURCES.wide}`;
  const answer = await ask(transport, { action: "deploy" });
  assert.ok(!answer.ok && answer.code === "SIGNAL_FAILED" && /not today/.test(answer.message));
  publish(transport, all.slice(4000), true);
  await service.close();
  assert.deepEqual(fires.sort(compareFires), await expected(all, await wanted()));
  await transport.close();
});

Deno.test("a message that is no record is skipped and counted, and the signals run on", async () => {
  const all = records();
  const transport = memoryTransport();
  const fires = await listen(transport);
  const metrics = new Metrics("signals");
  const service = serviceOn(transport, memoryStorage(), () => wanted(), { metrics });
  await service.start();
  publish(transport, all.slice(0, 4000));
  const subject = subjectOf(ENV, "kalshi", "trade", "KXA");
  transport.publisher().publish({
    subject,
    payload: new TextEncoder().encode("no record"),
    id: "",
  });
  publish(transport, all.slice(4000), true);
  await service.close();
  assert.deepEqual(fires.sort(compareFires), await expected(all, await wanted()));
  assert.match(await metrics.text(), /^ssmd_signals_errors_total\{error_type="decode"\} 1$/m);
  await transport.close();
});

Deno.test("a signal that loops for ever is quarantined, also after a restart; the others are whole", async () => {
  const all = records();
  const transport = memoryTransport();
  const storage = memoryStorage();
  const fires = await listen(transport);
  const loops = await textSignal(
    "loops",
    SOURCES.wide.replace("book.spread >= p.least", "{ for (;;) {} }").replace("=> {", "=> {"),
  );
  const withLoop = async () => [...await wanted(), { ...loops, enabled: true }];
  let service = serviceOn(transport, storage, withLoop);
  await service.start();
  publish(transport, all.slice(0, 4000));
  const stateOf = async () => {
    const answer = await ask(transport, { action: "list" });
    return answer.ok ? answer.signals.find(({ id }) => id === "loops")?.state : "?";
  };
  while (await stateOf() !== "quarantined") await new Promise((resolve) => setTimeout(resolve, 50));
  await service.close();
  service = serviceOn(transport, storage, withLoop);
  await service.start();
  publish(transport, all.slice(4000), true);
  await ask(transport, { action: "disable", id: "loops" });
  await service.close();
  const rest = fires.filter(({ signal }) => signal !== "loops").sort(compareFires);
  assert.deepEqual(rest, await expected(all, await wanted()));
  await transport.close();
});
