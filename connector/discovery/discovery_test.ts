import assert from "node:assert/strict";
import { VENUES } from "@ssmd/exchanges";
import { type Environment, ENVIRONMENT_FILE, type InstrumentFile } from "@ssmd/metadata";
import { nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport, type Transport } from "@ssmd/transport";
import type { Connector } from "../connector.ts";
import { BusInstruments } from "./bus_instruments.ts";
import { Discovery } from "./discovery.ts";
import { answerRest } from "@ssmd/simulator/kalshi_rest";

const ENV = "test";
const TICKER = "KXR-26DEC31-T1";
const AT_US = 1_790_000_000_000_000;

const environment: Environment = ENVIRONMENT_FILE.parse({
  ...{ name: ENV, feeds: ["kalshi", "kraken"], schema: "v1" },
  symbols: { BTCEUR: { feed: "kraken", external: "BTC/EUR" } },
  select: [{ feed: "kalshi", series: "KXR" }, { feed: "kraken", quote: "USD" }],
  ...{ transport: { type: "memory" }, storage: { type: "memory" } },
});

type Listener = Parameters<Connector["hearNews"]>[0];

async function start(
  bus: Transport,
  rest?: string,
  feed = "kalshi",
  instruments: ReadonlyMap<string, InstrumentFile> = new Map(),
  of = environment,
): Promise<{ tell: Listener; end: Discovery }> {
  let tell: Listener = () => {};
  const source = { hearNews: (listener: Listener) => void (tell = listener) };
  const venue = VENUES[feed];
  assert.ok(venue);
  const end = await Discovery.start(source, {
    ...{ environment: of, feed, venue, bus, rest, logger: silentLogger },
    instruments,
  });
  return { tell, end };
}

async function stored(bus: Transport) {
  const store = await BusInstruments.open(bus, ENV);
  const known = await store.known();
  await store.close();
  return known;
}

const LIFE: object[] = [
  {
    ...{ event_type: "created", open_ts: 1_790_000_900, close_ts: 1_790_001_800 },
    price_ranges: [{ start: "0.0000", end: "1.0000", step: "0.0100" }],
    additional_metadata: { title: "Up?", event_ticker: "KXR-26DEC31" },
  },
  { event_type: "activated", is_deactivated: false },
  { event_type: "close_date_updated", close_ts: 1_790_001_500 },
  {
    event_type: "price_level_structure_updated",
    price_ranges: [{ start: "0.0000", end: "1.0000", step: "0.0010" }],
  },
  { event_type: "metadata_updated", additional_metadata: { title: "Up or down?" } },
  { event_type: "determined", result: "yes", settlement_value: "1.0000" },
  { event_type: "disputed" },
  { event_type: "amended", result: "no" },
  { event_type: "settled", settled_ts: 1_790_002_000 },
];

Deno.test("what connections say of a market becomes versions once, however many hear it", async () => {
  const bus = memoryTransport();
  const changes: { id: string; version: unknown }[] = [];
  await bus.subscribe([`${ENV}.secmaster.changes`], ({ payload }) => {
    changes.push(JSON.parse(new TextDecoder().decode(payload)));
  });
  const both = [await start(bus), await start(bus)];
  LIFE.forEach((body, i) => {
    for (const { tell } of both) {
      tell([{ market_ticker: TICKER, ...body }], AT_US + i * 1_000_000);
      const other = { ...body, additional_metadata: { event_ticker: "KXOTHER-26" } };
      tell([{ market_ticker: "KXOTHER-1", ...other }, { market_ticker: 5 }, 7], AT_US);
    }
  });
  for (const { end } of both) await end.close();
  const known = await stored(bus);
  assert.deepEqual([...known.keys()], [TICKER]);
  const { name, versions = [], mappings } = known.get(TICKER) ?? {};
  assert.deepEqual(versions.map(({ state, result }) => [state, result]), [
    ...[["listed", undefined], ["open", undefined], ["open", undefined], ["open", undefined]],
    // Another title is one of the venue's own fields.
    ...[["open", undefined], ["determined", "yes"], ["disputed", "yes"], ["amended", "no"]],
    ["settled", "no"],
  ]);
  assert.equal(name, "Up or down?");
  assert.equal(mappings?.length, 1);
  assert.equal(Date.parse(versions[0]?.closes ?? ""), 1_790_001_800_000);
  assert.notEqual(versions[2]?.closes, versions[1]?.closes);
  assert.deepEqual(versions.map(({ price_grid }) => price_grid?.[0]?.step), [
    ...["0.0100", "0.0100", "0.0100"],
    ...Array.from({ length: 6 }, () => "0.0010"),
  ]);
  assert.ok(changes.every(({ id }) => id === TICKER));
  assert.deepEqual(changes.map(({ version }) => version), versions, "the journal has each once");
  await bus.close();
});

Deno.test("Kraken's list of pairs keeps the pairs of a rule: steps, halts, and nothing twice", async () => {
  const bus = memoryTransport();
  const { tell, end } = await start(bus, undefined, "kraken");
  const pair = (symbol: string, status: string, price_increment = 0.1) => ({
    ...{ symbol, status, price_increment, price_precision: 2, qty_increment: 1e-8 },
    ...{ qty_precision: 8, qty_min: 0.00005 },
  });
  // One that the file names is no news where nothing is known of it.
  const others = [pair("ETH/EUR", "online"), pair("BTC/EUR", "online"), { symbol: "X" }, 5];
  tell([pair("BTC/USD", "online"), ...others], AT_US);
  tell([pair("BTC/USD", "online"), ...others], AT_US + 1);
  tell([pair("BTC/USD", "cancel_only")], AT_US + 2);
  tell([pair("BTC/USD", "online", 0.01)], AT_US + 3);
  await end.close();
  const known = await stored(bus);
  assert.deepEqual([...known.keys()], ["BTCUSD"]);
  assert.equal(known.get("BTCUSD")?.name, "BTC/USD");
  const versions = known.get("BTCUSD")?.versions ?? [];
  assert.deepEqual(
    versions.map(({ state, price_grid, size_step, size_min }) => [
      ...[state, price_grid?.[0]?.step, size_step, size_min],
    ]),
    [
      ["open", "0.1", "0.00000001", "0.00005"],
      ["halted", "0.1", "0.00000001", "0.00005"],
      ["open", "0.01", "0.00000001", "0.00005"],
    ],
  );
  await bus.close();
});

Deno.test("REST tells what is not settled, and what became of a market whose end was not heard", async () => {
  const bus = memoryTransport();
  const market = (ticker: string, status: string) => ({
    ...{ ticker, event_ticker: "KXR-26DEC31", status, result: "", title: ticker },
    ...{ created_time: "2026-11-01T00:00:00Z", close_time: "2026-12-31T00:00:00Z" },
    updated_time: "2026-11-01T00:00:00Z",
  });
  let markets = [market("KXR-26DEC31-A", "active"), market("KXR-26DEC31-B", "finalized")];
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/markets") {
      return new Response(answerRest({ series: [], markets: [] }, pathname, searchParams).body);
    }
    const status = searchParams.get("status");
    const tickers = searchParams.get("tickers")?.split(",") ?? [];
    asked.push(status ?? tickers.join());
    const found = markets.filter((each) =>
      status === null ? tickers.includes(each.ticker) : (status === "open" &&
        each.status === "active")
    );
    return Response.json({ markets: found, cursor: "" });
  });
  const rest = `http://127.0.0.1:${server.addr.port}`;
  const untilKnown = async (state: string) => {
    const deadlineMs = Date.now() + 60_000;
    while ((await stored(bus)).get("KXR-26DEC31-A")?.versions.at(-1)?.state !== state) {
      assert.ok(Date.now() < deadlineMs);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const first = await start(bus, rest);
  await untilKnown("open");
  await first.end.close();
  markets = [market("KXR-26DEC31-A", "finalized")];
  const second = await start(bus, rest);
  await untilKnown("settled");
  await second.end.close();
  assert.deepEqual([...(await stored(bus)).keys()].sort(), ["KXR-26DEC31-A", "kalshi"]);
  assert.ok(asked.includes("KXR-26DEC31-A"));
  await server.shutdown();
  await bus.close();
});

/** A market of Kalshi that REST has, as it is after `status`. */
function restMarket(ticker: string, status: string) {
  return {
    ...{ ticker, event_ticker: "KXR-26DEC31", status, result: "yes", title: ticker },
    ...{ created_time: "2026-11-01T00:00:00Z", close_time: "2026-11-20T00:00:00Z" },
    updated_time: "2026-11-20T00:00:00Z",
  };
}

Deno.test("a dispute of a market that the file names, which only REST tells, is known where the market is", async () => {
  const bus = memoryTransport();
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/markets") asked.push(`${searchParams}`);
    const markets = [restMarket("KXR-KNOWN", "disputed"), restMarket("KXR-OTHER", "disputed")];
    return new Response(answerRest({ series: [], markets }, pathname, searchParams).body);
  });
  const at = "2026-11-01T00:00:00Z";
  const known: InstrumentFile = {
    ...{ id: "KXR-KNOWN", name: "KXR-KNOWN", asset_class: "event" },
    versions: [{ effective: at, known: at, state: "determined", result: "yes" }],
    mappings: [{ feed: "kalshi", external: "KXR-KNOWN", from: at, known: at }],
  };
  const names = ["KXR-KNOWN", "KXR-UNKNOWN"];
  const named = ENVIRONMENT_FILE.parse({
    ...{ name: ENV, feeds: ["kalshi"], schema: "v1" },
    symbols: Object.fromEntries(names.map((name) => [name, { feed: "kalshi", external: name }])),
    ...{ transport: { type: "memory" }, storage: { type: "memory" } },
  });
  const rest = `http://127.0.0.1:${server.addr.port}`;
  const { end } = await start(bus, rest, "kalshi", new Map([[known.id, known]]), named);
  const deadlineMs = Date.now() + 60_000;
  const state = async () => (await stored(bus)).get("KXR-KNOWN")?.versions.at(-1)?.state;
  while (await state() !== "disputed") {
    assert.ok(Date.now() < deadlineMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await end.close();
  assert.deepEqual([...(await stored(bus)).keys()].sort(), ["KXR-KNOWN", "kalshi"]);
  assert.ok(asked.every((query) => query.includes("tickers=KXR-KNOWN")), asked.join("; "));
  await server.shutdown();
  await bus.close();
});

Deno.test("an answer that was asked for before news of the connection does not undo them", async () => {
  const bus = memoryTransport();
  let tell: Listener = () => {};
  let isTaken = false;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/markets" && searchParams.get("status") === "open") {
        const event = { event_type: "determined", result: "yes" };
        const of = { event_ticker: "KXR-26DEC31" };
        tell([{ market_ticker: "KXR-A", ...event, additional_metadata: of }], nowUs());
        while ((await stored(bus)).get("KXR-A")?.versions.at(-1)?.state !== "determined") {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      // The page before was taken in.
      if (searchParams.get("status") === "closed") isTaken = true;
      const markets = [restMarket("KXR-A", "active")];
      return new Response(answerRest({ series: [], markets }, pathname, searchParams).body);
    },
  );
  const begun = await start(bus, `http://127.0.0.1:${server.addr.port}`);
  tell = begun.tell;
  while (!isTaken) await new Promise((resolve) => setTimeout(resolve, 5));
  await begun.end.close();
  await server.shutdown();
  const versions = (await stored(bus)).get("KXR-A")?.versions ?? [];
  assert.equal(versions.at(-1)?.state, "determined");
  await bus.close();
});

Deno.test("what was settled for a week leaves the bus where the registry's file says the same", async () => {
  const bus = memoryTransport();
  const store = await BusInstruments.open(bus, ENV);
  const market = (id: string, known: string, state: "settled" | "open"): InstrumentFile => ({
    ...{ id, name: id, asset_class: "event" },
    versions: [{ effective: known, known, state, series: "KXR" }],
    mappings: [{ feed: "kalshi", external: id, from: known, known }],
  });
  const old = "2026-01-01T00:00:00Z";
  const [same, open] = [market("KXR-SAME", old, "settled"), market("KXR-OPEN", old, "open")];
  const other = market("KXR-OTHER", old, "settled");
  const fresh = market("KXR-FRESH", new Date().toISOString(), "settled");
  await store.put(
    [same, open, other, fresh, market("KXR-NO-FILE", old, "settled")],
    () => undefined,
  );
  const files = [same, open, { ...other, name: "of an earlier commit" }, fresh];
  const { end } = await start(
    ...[bus, undefined, "kalshi"] as const,
    new Map(files.map((each) => [each.id, each])),
  );
  await end.close();
  assert.deepEqual([...(await store.known()).keys()].sort(), [
    ...["KXR-FRESH", "KXR-NO-FILE", "KXR-OPEN", "KXR-OTHER"],
  ]);
  await store.close();
  await bus.close();
});
