import { answerRest, type RestCatalogue } from "@ssmd/simulator/kalshi_rest";
import assert from "node:assert/strict";
import process from "node:process";
import { VENUES } from "@ssmd/exchanges";
import type { InstrumentFile } from "@ssmd/metadata";
import { memoryTransport, openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { BusInstruments } from "./bus_instruments.ts";
import { type SyncCounts, synchronize } from "./synchronize.ts";
import { askVenueRest } from "./venue_rest.ts";

const ROOT = "/trade-api/v2";

function market(n: number): Record<string, unknown> {
  // Five markets an event, 200 events a series.
  const event = `KXS${Math.floor(n / 1000)}-26DEC${Math.floor(n / 5)}`;
  return {
    ...{ ticker: `${event}-${n}`, event_ticker: event, status: "active", result: "" },
    ...{ title: `Market ${n}`, updated_time: "2026-11-01T00:00:00Z" },
    ...{ created_time: "2026-10-01T00:00:00Z", close_time: "2026-12-31T00:00:00Z" },
    ...{ open_time: "2026-10-02T00:00:00Z", last_price_dollars: "0.5000", volume_fp: "1.00" },
    price_ranges: [{ start: "0.0000", end: "1.0000", step: "0.0100" }],
  };
}

/** A REST that refuses each tenth request for its rate, and some as a server that fails. */
function serve(catalogue: RestCatalogue) {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    requests++;
    if (requests % 10 === 3) {
      return new Response("{}", { status: 429, headers: { "retry-after": "0.05" } });
    }
    if (requests % 17 === 5) return new Response("", { status: 502 });
    const { pathname, searchParams } = new URL(request.url);
    const { status, body } = answerRest(catalogue, pathname.slice(ROOT.length), searchParams);
    return new Response(body, { status });
  });
  return { url: `http://127.0.0.1:${server.addr.port}${ROOT}`, close: () => server.shutdown() };
}

async function sync(
  transport: Transport,
  url: string,
  more: { updatedSinceS?: number; known?: string; files?: Map<string, InstrumentFile> } = {},
): Promise<SyncCounts> {
  const venue = VENUES["kalshi"];
  assert.ok(venue?.catalogue);
  const { files = new Map(), known = "2026-11-28T00:00:00Z", ...since } = more;
  const store = await BusInstruments.open(transport, "test");
  const ask = askVenueRest({ venue, url, perSecond: 1000 });
  const request = { feed: "kalshi", known, ...since };
  const { catalogue } = venue;
  const counts = await synchronize({ catalogue, ask, request, store, files });
  await store.close();
  return counts;
}

async function withBus(body: (transport: Transport) => Promise<void>): Promise<void> {
  const server = await startNatsServer();
  const transport = await openTransport({ type: "nats", url: server.url }, { env: "test" });
  try {
    await body(transport);
  } finally {
    await transport.close();
    await server.stop();
  }
}

Deno.test("a venue with 50,000 markets is taken over in half a minute, once", {
  ignore: !natsServerAvailable(),
}, () =>
  withBus(async (transport) => {
    const markets = Array.from({ length: 50_000 }, (_, n) => market(n));
    const rest = serve({
      series: Array.from({ length: 50 }, (_, n) => ({
        ...{ ticker: `KXS${n}`, title: `Series ${n}`, category: "Sports", tags: ["a", "b"] },
        ...{ fee_type: "quadratic", fee_multiplier: 1, frequency: "daily" },
        settlement_sources: [{ name: "A league", url: "https://example.com/scores" }],
      })),
      feeChanges: [{
        ...{ id: "1", series_ticker: "KXS1", fee_type: "quadratic", fee_multiplier: 2 },
        scheduled_ts: "2099-01-01T00:00:00Z",
      }],
      markets,
    });
    try {
      const startedMs = performance.now();
      const { user, system } = process.cpuUsage();
      const first = await sync(transport, rest.url);
      const used = process.cpuUsage({ user, system });
      const cpuS = (used.user + used.system) / 1e6;
      const seconds = (performance.now() - startedMs) / 1000;
      console.log(`50,000 markets in ${seconds.toFixed(1)} s, ${cpuS.toFixed(1)} s of CPU`);
      const count = 50_001;
      assert.deepEqual(first, { read: count, added: count, changed: 0 }, "and the exchange");
      const { lastSequence } = await transport.state();
      assert.equal(lastSequence, count, "the journal of changes has each");
      // Trades change quotes, and quotes are no news, nor is that the venue touched something.
      for (const each of markets) {
        each["last_price_dollars"] = "0.6000";
        each["updated_time"] = "2026-11-02T00:00:00Z";
      }
      assert.deepEqual(await sync(transport, rest.url), { read: count, added: 0, changed: 0 });
      assert.equal((await transport.state()).lastSequence, count, "nothing was written");
    } finally {
      await rest.close();
    }
  }));

Deno.test("a life that goes back, a moved date and another grid are versions, each known since", {
  ignore: !natsServerAvailable(),
}, () =>
  withBus(async (transport) => {
    const markets = [market(1), market(2)];
    const [first] = markets as [Record<string, unknown>];
    const rest = serve({ series: [], markets });
    const steps: [string, Record<string, unknown>][] = [
      ["2026-11-28T00:00:00Z", {}],
      ["2026-11-28T01:00:00Z", { close_time: "2026-12-30T00:00:00Z" }],
      ["2026-11-28T02:00:00Z", {
        price_ranges: [{ start: "0.0000", end: "1.0000", step: "0.0010" }],
      }],
      ["2026-11-28T03:00:00Z", { status: "determined", result: "yes" }],
      ["2026-11-28T04:00:00Z", { status: "disputed" }],
      ["2026-11-28T05:00:00Z", { status: "amended", result: "no" }],
      ["2026-11-28T06:00:00Z", { status: "finalized" }],
    ];
    try {
      for (const [known, change] of steps) {
        Object.assign(first, change, { updated_time: known });
        const updatedSinceS = Date.parse(known) / 1000;
        const counts = await sync(transport, rest.url, { known, updatedSinceS });
        assert.deepEqual(
          counts,
          known === steps[0]?.[0]
            ? { read: 2, added: 2, changed: 0 }
            : { read: 2, added: 0, changed: 1 },
        );
      }
      const store = await BusInstruments.open(transport, "test");
      const versions = (await store.known()).get(String(first["ticker"]))?.versions ?? [];
      await store.close();
      assert.deepEqual(versions.map(({ known, state, result }) => [known, state, result]), [
        ["2026-11-28T00:00:00Z", "open", undefined],
        ["2026-11-28T01:00:00Z", "open", undefined],
        ["2026-11-28T02:00:00Z", "open", undefined],
        ["2026-11-28T03:00:00Z", "determined", "yes"],
        ["2026-11-28T04:00:00Z", "disputed", "yes"],
        ["2026-11-28T05:00:00Z", "amended", "no"],
        ["2026-11-28T06:00:00Z", "settled", "no"],
      ]);
      assert.equal(versions[2]?.price_grid?.[0]?.step, "0.0010");
      assert.equal(versions[1]?.closes, "2026-12-30T00:00:00Z");
    } finally {
      await rest.close();
    }
  }));

Deno.test("a venue that keeps refusing ends with its name, not for ever", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("", { status: 403 }),
  );
  const venue = VENUES["kalshi"];
  assert.ok(venue);
  const ask = askVenueRest({ venue, url: `http://127.0.0.1:${server.addr.port}`, perSecond: 100 });
  await assert.rejects(ask("/series"), { code: "VENUE_REST_REFUSED", retryable: false });
  await server.shutdown();
});

Deno.test("what another writer adds while the catalogue is read is kept", async () => {
  const bus = memoryTransport();
  const id = "KXR-A";
  const known = "2026-11-28T00:00:00Z";
  const listed = (state: "open" | "settled", at: string): InstrumentFile => ({
    ...{ id, name: "Up?", asset_class: "event" },
    versions: [{ effective: at, known: at, state, series: "KXR" }],
    mappings: [{ feed: "kalshi", external: id, from: at, known: at }],
  });
  const store = await BusInstruments.open(bus, "test");
  await store.put([listed("open", known)], () => undefined);
  const other = await BusInstruments.open(bus, "test");
  const mapping = { feed: "elsewhere", external: "UP", from: known, known };
  const counts = await synchronize({
    catalogue: {
      ...{ url: "", perSecond: 1 },
      async *instruments() {
        await other.change(id, (now) => now && { ...now, mappings: [...now.mappings, mapping] });
        yield [listed("settled", "2026-11-28T01:00:00Z")];
      },
    },
    ...{ ask: () => Promise.reject(new Error("unused")), request: { feed: "kalshi", known } },
    ...{ store, files: new Map() },
  });
  const after = (await store.known()).get(id);
  await bus.close();
  assert.deepEqual(counts, { read: 1, added: 0, changed: 1 });
  assert.deepEqual(after?.versions.map(({ state }) => state), ["open", "settled"]);
  assert.ok(after?.mappings.some(({ feed }) => feed === "elsewhere"), "the other's mapping");
});
