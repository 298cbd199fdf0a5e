import type { RestAnswer } from "../venue.ts";

/** A market or series as REST gives it. */
type Json = Readonly<Record<string, unknown>>;

/** What a simulated REST serves. */
export interface RestCatalogue {
  series: readonly Json[];
  /** In the order in which they are paged; `updated_time` is read for `min_updated_ts`. */
  markets: readonly Json[];
}

const LIMIT_DEFAULT = 100;
const MARKETS_MAX = 1000;
const EVENTS_MAX = 200;

/** States of markets by the word that queries have for them. */
const STATES: Readonly<Record<string, readonly string[]>> = {
  unopened: ["initialized"],
  open: ["active"],
  closed: ["inactive", "closed", "determined", "disputed", "amended"],
  settled: ["finalized"],
};
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const WHOLE_DAY = [{ open_time: "00:00", close_time: "00:00" }];
const SCHEDULE = {
  standard_hours: [{
    ...{ start_time: "2021-06-29T00:00:00Z", end_time: "2200-12-01T00:00:00Z" },
    ...Object.fromEntries(DAYS.map((day) => [day, WHOLE_DAY])),
  }],
  maintenance_windows: [],
};

/** Kalshi's REST below `/trade-api/v2` over a catalogue, with its filters and cursors. */
export function answerRest(
  catalogue: RestCatalogue,
  path: string,
  query: URLSearchParams,
): RestAnswer {
  const [, noun, name, ...more] = path.split("/").map(decodeURIComponent);
  if (more.length > 0) return NOT_FOUND;
  if (noun === "exchange" && name === "status") {
    return ok({ exchange_active: true, trading_active: true });
  }
  if (noun === "exchange" && name === "schedule") return ok({ schedule: SCHEDULE });
  const { series, markets } = catalogue;
  if (noun === "series") {
    if (name === undefined) return ok({ series });
    return oneOf("series", series.find(({ ticker }) => ticker === name));
  }
  if (noun === "markets") {
    if (name === undefined) return page("markets", { list: markets, max: MARKETS_MAX }, query);
    return oneOf("market", markets.find(({ ticker }) => ticker === name));
  }
  if (noun === "events") {
    const events = eventsOf(markets, query.get("with_nested_markets") === "true");
    if (name === undefined) return page("events", { list: events, max: EVENTS_MAX }, query);
    return oneOf("event", events.find(({ event_ticker }) => event_ticker === name));
  }
  return NOT_FOUND;
}

const NOT_FOUND: RestAnswer = {
  status: 404,
  body: JSON.stringify({ error: { code: "not_found", message: "not found" } }),
};

function page(
  noun: string,
  { list, max }: { list: readonly Json[]; max: number },
  query: URLSearchParams,
): RestAnswer {
  const limit = Number(query.get("limit") ?? LIMIT_DEFAULT);
  const from = offsetOf(query.get("cursor"));
  if (!(limit >= 1 && limit <= max) || from === undefined || !isFilter(query)) {
    return { status: 400, body: JSON.stringify({ error: { code: "invalid_parameters" } }) };
  }
  const found = list.filter((each) => matches(each, query));
  const next = from + limit;
  const cursor = next < found.length ? btoa(String(next)) : "";
  return ok({ [noun]: found.slice(from, next), cursor });
}

function offsetOf(cursor: string | null): number | undefined {
  if (cursor === null || cursor === "") return 0;
  try {
    const offset = Number(atob(cursor));
    return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
  } catch {
    return undefined;
  }
}

/** The time of the last change goes with no other filter but that of combos. */
function isFilter(query: URLSearchParams): boolean {
  const status = query.get("status") ?? "";
  if (status !== "" && !Object.hasOwn(STATES, status)) return false;
  return !query.has("min_updated_ts") ||
    ["status", "series_ticker", "event_ticker", "tickers"].every((name) => !query.has(name));
}

function matches(each: Json, query: URLSearchParams): boolean {
  const event = String(each["event_ticker"] ?? "");
  const series = query.get("series_ticker");
  if (series !== null && !event.startsWith(`${series}-`)) return false;
  const wantedEvent = query.get("event_ticker");
  if (wantedEvent !== null && event !== wantedEvent) return false;
  const tickers = query.get("tickers");
  if (tickers !== null && !tickers.split(",").includes(String(each["ticker"]))) return false;
  const states = STATES[query.get("status") ?? ""];
  if (states !== undefined && !states.includes(String(each["status"]))) return false;
  const since = query.get("min_updated_ts");
  return since === null || Date.parse(String(each["updated_time"])) / 1000 >= Number(since);
}

function eventsOf(markets: readonly Json[], nested: boolean): Json[] {
  const byEvent = Map.groupBy(markets, (market) => String(market["event_ticker"] ?? ""));
  return [...byEvent].map(([event_ticker, own]) => ({
    ...{ event_ticker, series_ticker: event_ticker.split("-", 1)[0], sub_title: "" },
    ...{ title: own[0]?.["title"], collateral_return_type: "binary", mutually_exclusive: false },
    ...{ available_on_brokers: false, product_metadata: {}, status: own[0]?.["status"] },
    ...(nested ? { markets: own } : {}),
  }));
}

function oneOf(noun: string, found: Json | undefined): RestAnswer {
  return found === undefined ? NOT_FOUND : ok({ [noun]: found });
}

function ok(value: unknown): RestAnswer {
  return { status: 200, body: JSON.stringify(value) };
}
