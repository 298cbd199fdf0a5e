import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { VENUES } from "@ssmd/exchanges";
import { demoKey, type SimulatedVenueId, type Simulator, startSimulator } from "@ssmd/simulator";
import { askVenueRest } from "@ssmd/connector";

async function withSimulator(
  venue: SimulatedVenueId,
  body: (simulator: Simulator, origin: string) => Promise<void>,
): Promise<void> {
  const rolls = venue === "kalshi" ? [{ series: "KXROLL", everyUs: 900e6 }] : [];
  const simulator = await startSimulator({ venue, source: { type: "model", seed: 3, rolls } });
  try {
    await body(simulator, `http://127.0.0.1:${simulator.port}`);
  } finally {
    await simulator.close();
  }
}

function venueOf(id: string) {
  const venue = VENUES[id];
  assert.ok(venue?.catalogue);
  return { venue, catalogue: venue.catalogue };
}

async function marketsOf(id: string, ask: ReturnType<typeof askVenueRest>, series?: string) {
  const request = { feed: id, known: "2026-11-28T00:00:00Z", ...(series && { series }) };
  const all = (await Array.fromAsync(venueOf(id).catalogue.instruments(ask, request))).flat();
  return all.filter((each) => each.asset_class !== "venue");
}

Deno.test("the simulator's REST gives the markets that its WebSocket has, by series, signed or not", () =>
  withSimulator("kalshi", async (_, origin) => {
    const { venue } = venueOf("kalshi");
    const url = `${origin}/trade-api/v2`;
    const { keyId: key_id, privateKeyPem: private_key } = await demoKey();
    for (const more of [{}, { credentials: { key_id, private_key } }]) {
      const ask = askVenueRest({ venue, url, perSecond: 1000, ...more });
      const all = await marketsOf("kalshi", ask);
      assert.ok(all.some(({ id }) => id === "KXSIMFED-26DEC-T3.75"));
      const rolled = await marketsOf("kalshi", ask, "KXROLL");
      assert.deepEqual(rolled.map(({ versions }) => versions[0]?.state), ["open", "listed"]);
      assert.equal(rolled[0]?.versions[0]?.closes, rolled[1]?.versions[0]?.opens);
      assert.equal(rolled[0]?.versions[0]?.series, "KXROLL");
    }
    const foreign = generateKeyPairSync("ed25519").privateKey
      .export({ type: "pkcs8", format: "pem" }).toString();
    const credentials = { key_id, private_key: foreign };
    const ask = askVenueRest({ venue, url, perSecond: 1000, credentials });
    await assert.rejects(ask("/series"), { code: "VENUE_REST_REFUSED", hint: "Check the key" });
  }));

Deno.test("Kalshi's events, schedule, pages and filters are as its documentation says", () =>
  withSimulator("kalshi", async (_, origin) => {
    const get = async (path: string) => {
      const response = await fetch(`${origin}/trade-api/v2${path}`);
      return { status: response.status, json: await response.json() };
    };
    assert.equal((await get("/exchange/status")).json.trading_active, true);
    assert.equal(
      (await get("/exchange/schedule")).json.schedule.standard_hours[0].monday.length,
      1,
    );
    const events: string[] = [];
    for (let cursor = "";;) {
      const { json } = await get(`/events?limit=2&cursor=${encodeURIComponent(cursor)}`);
      events.push(...json.events.map((each: { event_ticker: string }) => each.event_ticker));
      cursor = json.cursor;
      if (cursor === "") break;
    }
    assert.equal(new Set(events).size, events.length);
    assert.ok(events.length >= 5 && events.includes("KXSIMBTC-26DEC31"));
    const nested = await get("/events?series_ticker=KXSIMBTC&with_nested_markets=true");
    assert.equal(nested.json.events[0].markets.length, 2);
    assert.equal((await get("/markets?status=unopened")).json.markets.length, 1);
    assert.equal((await get("/markets/KXNO-1")).status, 404);
    assert.equal((await get("/markets?limit=1001")).status, 400);
    assert.equal((await get("/markets?min_updated_ts=1&status=open")).status, 400);
  }));

Deno.test("who asks the simulated Kalshi too often is refused, and read all the same", () =>
  withSimulator("kalshi", async (_, origin) => {
    const url = `${origin}/trade-api/v2`;
    const answers = await Promise.all(Array.from({ length: 60 }, async () => {
      const { status, body } = await fetch(`${url}/exchange/status`);
      await body?.cancel();
      return status;
    }));
    assert.ok(answers.filter((status) => status === 429).length >= 20);
    const { venue } = venueOf("kalshi");
    const markets = await marketsOf("kalshi", askVenueRest({ venue, url, perSecond: 1000 }));
    assert.equal(markets[0]?.versions[0]?.fee_changes?.length, 1);
    assert.ok(markets[0]?.versions[0]?.venue?.["event"]);
  }));

Deno.test("Kraken's pairs are given in REST's names and read in ours", () =>
  withSimulator("kraken", async (_, origin) => {
    const { venue } = venueOf("kraken");
    const ask = askVenueRest({ venue, url: `${origin}/0/public`, perSecond: 1000 });
    const pairs = await marketsOf("kraken", ask);
    const bitcoin = pairs.find(({ id }) => id === "BTCUSD");
    assert.equal(bitcoin?.mappings[0]?.external, "BTC/USD");
    assert.equal(bitcoin?.versions[0]?.price_grid?.[0]?.step, "0.1");
    assert.ok(pairs.some(({ id }) => id === "DOGEUSD"));
  }));

Deno.test("Polymarket's markets come by cursor, each with a token for every outcome", () =>
  withSimulator("polymarket", async (_, origin) => {
    const { venue } = venueOf("polymarket");
    const ask = askVenueRest({ venue, url: origin, perSecond: 1000 });
    const markets = await marketsOf("polymarket", ask);
    assert.deepEqual(markets.map(({ id }) => id), ["sim-market-1", "sim-market-2"]);
    assert.equal(markets[0]?.mappings[0]?.external, "7".repeat(77));
    assert.deepEqual(markets[0]?.mappings.map(({ outcome }) => outcome), ["Yes", "No"]);
    const far = await fetch(`${origin}/markets?offset=2001`);
    assert.equal(far.status, 422);
    assert.match(await far.text(), /offset too large/);
  }));
