import { answerRest, type RestCatalogue } from "@ssmd/simulator/kalshi_rest";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { INSTRUMENT_FILE } from "@ssmd/metadata";
import { VenueError } from "@ssmd/runtime";
import type { CatalogueRequest } from "../adapter.ts";
import { kalshiCatalogue } from "./catalogue.ts";

const CAPTURES = Deno.env.get("SSMD_CAPTURES") ??
  new URL("../../../shared/captures", import.meta.url).pathname;
const FOLDER = `${CAPTURES}/rest`;
const ignore = !existsSync(FOLDER);
const REQUEST = { feed: "kalshi", known: "2026-11-28T00:00:00Z" };

/** What an independent reading of recorded answers says of each market. */
const PYTHON = `
import json, sys
answers = json.load(sys.stdin)
fees = {s["ticker"]: s for s in answers["series"]}
events = {e["event_ticker"]: e for e in answers["events"]}
schedule = answers["schedule"]
out = {"kalshi": {
    "maintenance": schedule["maintenance_windows"],
    "thursday": [[d["open_time"], d["close_time"]] for d in schedule["standard_hours"][0]["thursday"]],
}}
for m in answers["markets"]:
    s = fees.get(m["event_ticker"].split("-")[0])
    states = {"active": "open", "closed": "closed", "finalized": "settled", "initialized": "listed"}
    out[m["ticker"]] = {
        "state": states[m["status"]],
        "grid": [[r["start"], r["end"], r["step"]] for r in m["price_ranges"]],
        "fees": None if s is None else [s["fee_type"], str(s["fee_multiplier"]).removesuffix(".0")],
        "result": m["result"] or None, "event": m["event_ticker"],
        "opens": m["open_time"], "closes": m["close_time"],
        "series": m["event_ticker"].split("-")[0], "series_title": s and s["title"],
    }
    e = events.get(m["event_ticker"])
    for field in ("title", "sub_title", "category", "mutually_exclusive", "series_ticker",
                  "strike_date", "strike_period", "collateral_return_type", "product_metadata"):
        out[m["ticker"]]["event_" + field] = None if e is None else e.get(field)
json.dump(out, sys.stdout)
`;

const EVENT_FIELDS = [
  ...["title", "sub_title", "category", "mutually_exclusive", "series_ticker"],
  ...["strike_date", "strike_period", "collateral_return_type", "product_metadata"],
];

function rawOf(value: unknown): Record<string, unknown> {
  return (value ?? {}) as Record<string, unknown>;
}

function recorded(name: string): Record<string, unknown> {
  return JSON.parse(zstdDecompressSync(readFileSync(`${FOLDER}/${name}.json.zst`)).toString());
}

async function python(input: unknown): Promise<Record<string, unknown>> {
  const child = new Deno.Command("python3", {
    ...{ args: ["-c", PYTHON], stdin: "piped", stdout: "piped" } as const,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("recorded answers give the tree, fees and grids that an independent script reads", {
  ignore,
}, async () => {
  const { payloads } = recorded("kalshi-2026-08-series_fee_fields") as {
    payloads: Record<string, { series: Record<string, unknown> }>;
  };
  const series = Object.values(payloads).map((each) => each.series);
  const { markets } = recorded("kalshi-2026-08-markets_settled") as {
    markets: Record<string, unknown>[];
  };
  const { events } = recorded("kalshi-2026-08-events_nfl_preseason") as {
    events: { event_ticker: string; markets: Record<string, unknown>[] }[];
  };
  const all = [...markets, ...events.flatMap((event) => event.markets)];
  const { response: { schedule } } = JSON.parse(
    readFileSync(`${FOLDER}/kalshi-2026-01-premigration-exchange_schedule_response.json`, "utf8"),
  );
  // Only what was recorded of an event is compared.
  const isRecorded = new Set(events.map((event) => event.event_ticker));
  const catalogue = { series, markets: all, events, schedule };
  const expected = await python(catalogue);
  const ask = (path: string) => {
    const { pathname, searchParams } = new URL(path, "http://x");
    return Promise.resolve(JSON.parse(answerRest(catalogue, pathname, searchParams).body));
  };
  const read: Record<string, unknown> = {};
  for await (const page of kalshiCatalogue.instruments(ask, REQUEST)) {
    for (const instrument of page) {
      INSTRUMENT_FILE.parse(instrument);
      const [version] = instrument.versions;
      assert.ok(version);
      if (instrument.asset_class === "venue") {
        const { maintenance_windows, standard_hours } = rawOf(version.venue?.["schedule"]);
        const days = rawOf((standard_hours as unknown[])[0])["thursday"] as unknown[];
        read[instrument.id] = {
          maintenance: maintenance_windows,
          thursday: days.map(rawOf).map(({ open_time, close_time }) => [open_time, close_time]),
        };
        continue;
      }
      const { state, price_grid = [], fees, result, group, opens, closes } = version;
      const event = isRecorded.has(group ?? "") ? rawOf(version.venue?.["event"]) : {};
      read[instrument.id] = {
        ...{ state, grid: price_grid.map(({ from, to, step }) => [from, to, step]) },
        fees: fees === undefined ? null : [fees.type, fees.multiplier],
        ...{ result: result ?? null, event: group, opens, closes, series: version.series },
        series_title: rawOf(version.venue?.["series"])["title"] ?? null,
        ...Object.fromEntries(EVENT_FIELDS.map((name) => [`event_${name}`, event[name] ?? null])),
      };
    }
  }
  assert.ok(Object.keys(read).length > 50);
  assert.deepEqual(read, expected);
});

Deno.test("a cursor that runs in circles and an answer that is none are errors with a name", async () => {
  const all = async (markets: unknown) => {
    const ask = (path: string) =>
      Promise.resolve(path.startsWith("/markets") ? markets : answered({}, path));
    for await (const _ of kalshiCatalogue.instruments(ask, REQUEST));
  };
  const code = { code: "VENUE_ANSWER_UNREADABLE" };
  await assert.rejects(all({ markets: [], cursor: "x" }), code);
  await assert.rejects(all({ error: "no" }), code);
  await all({ markets: [null, { ticker: "no id" }, {}] });
});

function answered(catalogue: Partial<RestCatalogue>, path: string): unknown {
  const { pathname, searchParams } = new URL(path, "http://x");
  const { status, body } = answerRest(
    { series: [], markets: [], ...catalogue },
    pathname,
    searchParams,
  );
  if (status === 200) return JSON.parse(body);
  throw new VenueError("VENUE_REST_REFUSED", `HTTP ${status}`, { context: { status } });
}

const MARKETS = ["KXA-1-X", "KXA-1-Y", "KXA-2-X", "KXB-1-X"].map((ticker) => ({
  ...{ ticker, event_ticker: ticker.slice(0, -2), status: "active", result: "" },
  ...{ updated_time: "2026-11-01T00:00:00Z", close_time: "2026-12-31T00:00:00Z" },
}));
const EVENTS = ["KXA-1", "KXA-2", "KXB-1"].map((event_ticker) => ({
  ...{ event_ticker, title: `Event ${event_ticker}`, mutually_exclusive: true },
  last_updated_ts: "2026-11-01T00:00:00Z",
}));
const SERIES = ["KXA", "KXB"].map((ticker) => ({
  ticker,
  fee_type: "quadratic",
  fee_multiplier: 1,
}));

async function read(catalogue: Partial<RestCatalogue>, more: Partial<CatalogueRequest> = {}) {
  const asked: string[] = [];
  const ask = async (path: string) => {
    asked.push(path);
    return await answered(catalogue, path);
  };
  const pages = await Array.fromAsync(kalshiCatalogue.instruments(ask, { ...REQUEST, ...more }));
  return { asked, instruments: pages.flat(), ids: pages.flat().map(({ id }) => id) };
}

Deno.test("what changed since is asked for: markets, those of events, and those whose fees change", async () => {
  const since = "2026-11-20T00:00:00Z";
  const change = {
    ...{ id: "1", series_ticker: "KXB", fee_type: "quadratic", fee_multiplier: 2 },
    scheduled_ts: "2026-12-10T00:00:00Z",
  };
  const catalogue = { series: SERIES, markets: MARKETS, events: EVENTS };
  const updated = { updatedSinceS: Date.parse(since) / 1000 };
  assert.deepEqual((await read(catalogue, updated)).ids, ["kalshi"]);
  const touched = MARKETS.map((each, i) => i === 1 ? { ...each, updated_time: since } : each);
  const market = await read({ ...catalogue, markets: touched }, updated);
  assert.deepEqual(market.ids, ["kalshi", "KXA-1-Y"]);
  assert.equal(rawOf(market.instruments[1]?.versions[0]?.venue?.["event"])["title"], "Event KXA-1");
  const events = EVENTS.map((each, i) => i === 0 ? { ...each, last_updated_ts: since } : each);
  assert.deepEqual((await read({ ...catalogue, events }, updated)).ids, [
    "kalshi",
    "KXA-1-X",
    "KXA-1-Y",
  ]);
  const fees = await read({ ...catalogue, feeChanges: [change] }, updated);
  assert.deepEqual(fees.ids, ["kalshi", "KXB-1-X"]);
  assert.deepEqual(fees.instruments[1]?.versions[0]?.fee_changes, [
    { from: "2026-12-10T00:00:00Z", type: "quadratic", multiplier: "2" },
  ]);
});

Deno.test("an exchange that is down, paused or open says so, with when it means to go on", async () => {
  const stateOf = async (status: RestCatalogue["status"]) => {
    const [exchange] = (await read({ ...(status && { status }) })).instruments;
    const [version] = exchange?.versions ?? [];
    return [exchange?.id, version?.state, version?.opens];
  };
  assert.deepEqual(await stateOf(undefined), ["kalshi", "open", undefined]);
  assert.deepEqual(await stateOf({ trading_active: false }), ["kalshi", "halted", undefined]);
  const opens = "2026-12-03T10:00:00Z";
  assert.deepEqual(
    await stateOf({ exchange_active: false, exchange_estimated_resume_time: opens }),
    ["kalshi", "halted", opens],
  );
  const down = (path: string) => {
    if (!path.startsWith("/exchange")) return Promise.resolve(answered({}, path));
    const problem = { context: { status: 503 } };
    return Promise.reject(new VenueError("VENUE_REST_REFUSED", "HTTP 503", problem));
  };
  const [page] = await Array.fromAsync(kalshiCatalogue.instruments(down, REQUEST));
  assert.equal(page?.[0]?.versions[0]?.state, "halted");
});
