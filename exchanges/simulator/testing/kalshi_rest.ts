/** A market or series as REST gives it. */
type Json = Readonly<Record<string, unknown>>;

/** What a simulated REST serves. */
export interface RestCatalogue {
  series: readonly Json[];
  /** In the order in which they are paged; `updated_time` is read for `min_updated_ts`. */
  markets: readonly Json[];
}

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1000;

/** Kalshi's REST below `/trade-api/v2` over a catalogue: `/series`, `/markets` with filters and cursors. */
export function answerRest(
  catalogue: RestCatalogue,
  path: string,
  query: URLSearchParams,
): { status: number; body: string } {
  const ticker = /^\/markets\/([^/]+)$/.exec(path)?.[1];
  if (path === "/series") return ok({ series: catalogue.series });
  if (path === "/markets") return markets(catalogue, query);
  if (ticker !== undefined) {
    const market = catalogue.markets.find((each) => each["ticker"] === decodeURIComponent(ticker));
    if (market !== undefined) return ok({ market });
  }
  return {
    status: 404,
    body: JSON.stringify({ error: { code: "not_found", message: "not found" } }),
  };
}

function markets({ markets }: RestCatalogue, query: URLSearchParams) {
  const limit = Number(query.get("limit") ?? PAGE_DEFAULT);
  const from = Number(atob(query.get("cursor") ?? btoa("0")));
  if (!(limit >= 1 && limit <= PAGE_MAX) || !Number.isSafeInteger(from)) {
    return { status: 400, body: JSON.stringify({ error: { code: "invalid_parameters" } }) };
  }
  const found = markets.filter((market) => matches(market, query));
  const page = found.slice(from, from + limit);
  const next = from + limit;
  return ok({ markets: page, cursor: next < found.length ? btoa(String(next)) : "" });
}

function matches(market: Json, query: URLSearchParams): boolean {
  const series = query.get("series_ticker");
  const event = String(market["event_ticker"] ?? "");
  if (series !== null && !event.startsWith(`${series}-`)) return false;
  const since = query.get("min_updated_ts");
  return since === null || Date.parse(String(market["updated_time"])) / 1000 >= Number(since);
}

function ok(value: unknown): { status: number; body: string } {
  return { status: 200, body: JSON.stringify(value) };
}
