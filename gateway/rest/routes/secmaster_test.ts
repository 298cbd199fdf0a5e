import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { memoryCache } from "@ssmd/cache";
import {
  encodeInstrument,
  INSTRUMENT_STORE,
  type InstrumentFile,
  instrumentKey,
} from "@ssmd/metadata";
import { HIDDEN_FEED, withGuardedGateway } from "../../access/testing/guarded_gateway.ts";
import { withGateway } from "../../testing/gateway_rig.ts";

const INSTRUMENT: InstrumentFile = {
  id: "KXBTC-26.5",
  name: "Bitcoin above 5",
  asset_class: "event",
  versions: [
    { effective: "2026-11-01", known: "2026-11-02", state: "open" },
    { effective: "2026-11-10", known: "2026-11-20T12:00:00Z", state: "closed" },
  ],
  mappings: [
    ...[{ feed: "kraken", external: "KXBTC-26.5", from: "2026-11-01", known: "2026-11-02" }],
    ...[{ feed: "other", external: "HIDDEN", from: "2026-11-01", known: "2026-11-02" }],
  ],
};

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!await condition()) {
    assert.ok(Date.now() < deadlineMs, "it never came about");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("instruments of files and of the bus are one security master, by both clocks", () => {
  const cache = memoryCache();
  return withGateway(
    async ({ get, transport }) => {
      const { body: first } = await get("/v1/secmaster/instruments");
      const ids = (list: unknown) => (list as { id: string }[]).map(({ id }) => id);
      assert.deepEqual(ids(first["instruments"]), ["BTCUSD", "ETHUSD", "SOLUSD"]);

      const store = await transport.keyValue(INSTRUMENT_STORE);
      await store.put(instrumentKey(INSTRUMENT.id), encodeInstrument(INSTRUMENT));
      await store.put(instrumentKey("rubbish"), new TextEncoder().encode("{}"));
      const path = `/v1/secmaster/instruments/${INSTRUMENT.id}`;
      await until(async () => (await get(path)).status === 200);
      const stateAt = async (query: string) =>
        ((await get(path + query)).body["version"] as { state: string } | null)?.state;
      assert.equal(await stateAt(""), "closed");
      assert.equal(await stateAt("?as_of=2026-11-05"), "open");
      assert.equal(await stateAt("?as_of=2026-11-15"), "closed");
      assert.equal(await stateAt("?as_of=2026-11-15&known_at=2026-11-19"), "open");
      assert.equal(await stateAt("?as_of=2026-10-01"), undefined);
      const { body: closed } = await get("/v1/secmaster/instruments?state=closed");
      assert.deepEqual(ids(closed["instruments"]), [INSTRUMENT.id]);

      await until(async () => (await cache.hashGetAll("secmaster:instruments")).size === 4);
      await store.delete(instrumentKey(INSTRUMENT.id));
      await until(async () => (await get(path)).status === 404);
      await until(async () => (await cache.hashGetAll("secmaster:instruments")).size === 3);
    },
    true,
    { cache },
  );
});

Deno.test("a life that goes back is the same on the bus, in the cache and in REST, step by step", () => {
  const cache = memoryCache();
  const steps: object[] = [
    ...[{ state: "open" }, { state: "open", closes: "2026-12-30T00:00:00Z" }],
    { state: "open", price_grid: [{ from: "0.0000", to: "1.0000", step: "0.0010" }] },
    ...[{ state: "determined", result: "yes" }, { state: "disputed", result: "yes" }],
    ...[{ state: "amended", result: "no" }, { state: "settled", result: "no" }],
  ];
  const versions = steps.map((step, hour) => {
    const at = `2026-11-28T0${hour}:00:00Z`;
    return { effective: at, known: at, ...step } as InstrumentFile["versions"][number];
  });
  return withGateway(
    async ({ get, transport }) => {
      const store = await transport.keyValue(INSTRUMENT_STORE);
      const path = `/v1/secmaster/instruments/${INSTRUMENT.id}`;
      for (const [i, version] of versions.entries()) {
        const instrument = { ...INSTRUMENT, versions: versions.slice(0, i + 1) };
        await store.put(instrumentKey(INSTRUMENT.id), encodeInstrument(instrument));
        const history = async () => (await get(`${path}/history`)).body["versions"];
        await until(async () => isDeepStrictEqual(await history(), instrument.versions));
        assert.deepEqual((await get(path)).body["version"], version);
        await until(async () =>
          isDeepStrictEqual(
            JSON.parse(await cache.hashGet("secmaster:instruments", INSTRUMENT.id) ?? "{}"),
            instrument,
          )
        );
      }
      const asOf = await get(`${path}?as_of=2026-11-28T04:30:00Z`);
      assert.equal((asOf.body["version"] as { state: string }).state, "disputed");
      const knownThen = await get(`${path}?known_at=2026-11-28T03:30:00Z`);
      assert.equal((knownThen.body["version"] as { result: string }).result, "yes");
    },
    true,
    { cache },
  );
});

Deno.test("an instrument seen on one feed tells nothing of its names on hidden feeds", () =>
  withGuardedGateway(async ({ gateway, key, transport }) => {
    const store = await transport.keyValue(INSTRUMENT_STORE);
    const hidden = { ...INSTRUMENT.mappings[1]!, feed: HIDDEN_FEED };
    const mappings = [{ ...INSTRUMENT.mappings[0]!, external: "BTC/USD" }, hidden];
    await store.put(
      instrumentKey("BTCUSD"),
      encodeInstrument({ ...INSTRUMENT, id: "BTCUSD", mappings }),
    );
    const headers = { authorization: `Bearer ${await key("desk", {}, { feed: "kraken" })}` };
    const ask = async (path: string) => {
      const response = await fetch(gateway.url + path, { headers });
      return { status: response.status, body: await response.json() };
    };
    await until(async () => (await ask("/v1/secmaster/instruments/BTCUSD")).status === 200);
    const listed = async (feed: string) =>
      (await ask(`/v1/secmaster/instruments?feed=${feed}`)).body.instruments.length;
    assert.deepEqual([await listed("kraken"), await listed(HIDDEN_FEED)], [1, 0]);
    const lookup = async (feed: string, external: string) =>
      (await ask(`/v1/secmaster/lookup?feed=${feed}&external=${external}`)).status;
    assert.equal(await lookup("kraken", "BTC/USD"), 200);
    assert.equal(await lookup(HIDDEN_FEED, "HIDDEN"), 404);
    assert.deepEqual(
      (await ask(`/v1/secmaster/resolve?feed=${HIDDEN_FEED}&symbols=HIDDEN`)).body.not_found,
      ["HIDDEN"],
    );
  }));

Deno.test("pages of instruments leave none out and repeat none", () =>
  withGateway(async ({ get }) => {
    const ids: string[] = [];
    let after = "";
    do {
      const { body } = await get(`/v1/secmaster/instruments?limit=2${after}`);
      ids.push(...(body["instruments"] as { id: string }[]).map(({ id }) => id));
      after = body["next"] === undefined ? "" : `&after=${body["next"]}`;
    } while (after !== "");
    assert.deepEqual(ids, ["BTCUSD", "ETHUSD", "SOLUSD"]);
  }));

Deno.test("names resolve to intervals, partly or not at all; what is wrong is told", () =>
  withGateway(async ({ get }) => {
    const span = "from=2023-12-31&to=2024-01-02";
    const { body } = await get(`/v1/secmaster/resolve?feed=kraken&symbols=BTC/USD,X&${span}`);
    assert.deepEqual(body, {
      mappings: {
        "BTC/USD": [{
          from: "2024-01-01T00:00:00.000000Z",
          to: "2024-01-02T00:00:00.000000Z",
          name: "BTCUSD",
        }],
      },
      partial: ["BTC/USD"],
      not_found: ["X"],
    });
    const back = await get("/v1/secmaster/resolve?feed=kraken&symbols=BTCUSD&by=instrument");
    assert.deepEqual(back.body["partial"], []);
    const wrong = await get(
      "/v1/secmaster/resolve?feed=kraken&symbols=X&from=2026-01-02&to=2026-01-01",
    );
    assert.equal(wrong.status, 400);
    assert.equal(
      (await get("/v1/secmaster/instruments/BTCUSB")).body["hint"],
      'Did you mean "BTCUSD"?',
    );
    assert.equal((await get("/v1/secmaster/instruments?as_of=soon")).status, 400);
    const unknown = await get("/v1/secmaster/lookup?feed=kraken&external=XXX");
    assert.equal(unknown.body["code"], "UNKNOWN_NAME");
  }));
