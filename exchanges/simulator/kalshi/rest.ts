import { cursorOf, offsetOf } from "../cursor.ts";
import type { RestAnswer } from "../venue.ts";

/** A market or series in REST's format. */
type Json = Readonly<Record<string, unknown>>;

/** Data that a simulated REST serves. */
export interface RestCatalogue {
  series: readonly Json[];
  /** In page order; `updated_time` is compared to `min_updated_ts`. */
  markets: readonly Json[];
  /** Fields that override those derived from an event's markets. */
  events?: readonly Json[];
  /** Fee changes of series by date; absent = none. */
  feeChanges?: readonly Json[];
  /** Fields of `/exchange/status`; absent = all active. */
  status?: Json;
  /** Absent = every day except for the weekly maintenance. */
  schedule?: Json;
}

const LIMIT_DEFAULT = 100;
const MARKETS_MAX = 1000;
const EVENTS_MAX = 200;

/** Market states by the status in queries. */
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
    thursday: [
      { open_time: "00:00", close_time: "03:00" },
      { open_time: "05:00", close_time: "00:00" },
    ],
  }],
  maintenance_windows: [
    { start_datetime: "2026-12-31T08:00:00Z", end_datetime: "2026-12-31T10:00:00Z" },
  ],
};

/** Answers Kalshi's REST below `/trade-api/v2` from a catalogue, with its filters and cursors. */
export function answerRest(
  catalogue: RestCatalogue,
  path: string,
  query: URLSearchParams,
): RestAnswer {
  const [, noun, name, ...more] = path.split("/").map(decodeURIComponent);
  if (more.length > 0) return NOT_FOUND;
  if (noun === "exchange" && name === "status") {
    return ok({ exchange_active: true, trading_active: true, ...catalogue.status });
  }
  if (noun === "exchange" && name === "schedule") {
    return ok({ schedule: catalogue.schedule ?? SCHEDULE });
  }
  const { series, markets } = catalogue;
  if (noun === "series") {
    if (name === undefined) return ok({ series });
    if (name === "fee_changes") return feeChanges(catalogue, query);
    return oneOf("series", series.find(({ ticker }) => ticker === name));
  }
  if (noun === "markets") {
    if (name === undefined) return page("markets", { list: markets, max: MARKETS_MAX }, query);
    return oneOf("market", markets.find(({ ticker }) => ticker === name));
  }
  if (noun === "events") {
    const events = eventsOf(catalogue, query);
    if (name === undefined) return page("events", { list: events, max: EVENTS_MAX }, query);
    return oneOf("event", events.find(({ event_ticker }) => event_ticker === name));
  }
  return NOT_FOUND;
}

/** Rate and burst of the venue's lowest tier. */
const REQUESTS_PER_SECOND = 20;

/** Rate limiter of REST requests. */
export class RestRate {
  #left = REQUESTS_PER_SECOND;
  #atMs = performance.now();

  /** Refusal of a request now; undefined = allowed. */
  refusal(): RestAnswer | undefined {
    const nowMs = performance.now();
    const more = (nowMs - this.#atMs) * REQUESTS_PER_SECOND / 1000;
    this.#left = Math.min(this.#left + more, REQUESTS_PER_SECOND);
    this.#atMs = nowMs;
    if (this.#left < 1) {
      const error = { code: "too_many_requests", message: "too many requests" };
      return { status: 429, body: JSON.stringify({ error }) };
    }
    this.#left--;
    return undefined;
  }
}

const NOT_FOUND: RestAnswer = {
  status: 404,
  body: JSON.stringify({ error: { code: "not_found", message: "not found" } }),
};

/** Page of a list, with the venue's filters and cursor. */
export function page(
  noun: string,
  { list, max }: { list: readonly Json[]; max: number },
  query: URLSearchParams,
): RestAnswer {
  const limit = Number(query.get("limit") ?? LIMIT_DEFAULT);
  const from = offsetOf(query.get("cursor"));
  const isLimit = Number.isInteger(limit) && limit >= 1 && limit <= max;
  if (!isLimit || from === undefined || !isFilter(noun, query)) {
    return { status: 400, body: JSON.stringify({ error: { code: "invalid_parameters" } }) };
  }
  const found = list.filter((each) => matches(each, query));
  const next = from + limit;
  const cursor = next < found.length ? cursorOf(next) : "";
  return ok({ [noun]: found.slice(from, next), cursor });
}

/** Paging parameters of a query, for lists whose filters differ from those of markets and events. */
export function pagingOf(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => name === "limit" || name === "cursor"));
}

/** Whether filters are valid: `min_updated_ts` of markets combines only with that of combos. */
function isFilter(noun: string, query: URLSearchParams): boolean {
  const status = query.get("status") ?? "";
  if (status !== "" && !Object.hasOwn(STATES, status)) return false;
  return noun !== "markets" || !query.has("min_updated_ts") ||
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
  const touched = String(each["updated_time"] ?? each["last_updated_ts"]);
  return since === null || Date.parse(touched) / 1000 >= Number(since);
}

function eventsOf({ markets, events = [] }: RestCatalogue, query: URLSearchParams): Json[] {
  const isNested = query.get("with_nested_markets") === "true";
  const closesAfterS = Number(query.get("min_close_ts") ?? -Infinity);
  const given = new Map(events.map((event) => [String(event["event_ticker"]), event]));
  const byEvent = Map.groupBy(markets, (market) => String(market["event_ticker"] ?? ""));
  const isLate = (market: Json) => Date.parse(String(market["close_time"])) / 1000 > closesAfterS;
  return [...byEvent].filter(([, own]) => !query.has("min_close_ts") || own.some(isLate))
    .map(([event_ticker, own]) => ({
      ...{ event_ticker, series_ticker: event_ticker.split("-", 1)[0], sub_title: "" },
      ...{ title: own[0]?.["title"], collateral_return_type: "binary", mutually_exclusive: false },
      ...{ available_on_brokers: false, product_metadata: {}, status: own[0]?.["status"] },
      last_updated_ts: own[0]?.["created_time"],
      ...given.get(event_ticker),
      ...(isNested ? { markets: own } : {}),
    }));
}

function feeChanges({ feeChanges = [] }: RestCatalogue, query: URLSearchParams): RestAnswer {
  const isHistorical = query.get("show_historical") === "true";
  const series = query.get("series_ticker");
  return ok({
    series_fee_change_arr: feeChanges.filter((each) =>
      (series === null || each["series_ticker"] === series) &&
      (isHistorical || Date.parse(String(each["scheduled_ts"])) > Date.now())
    ),
  });
}

function oneOf(noun: string, found: Json | undefined): RestAnswer {
  return found === undefined ? NOT_FOUND : ok({ [noun]: found });
}

/** Successful answer. */
export function ok(value: unknown): RestAnswer {
  return { status: 200, body: JSON.stringify(value) };
}
