import { type Interval, INTERVALS } from "./chart/intervals.ts";

/** Chart overlays by their button ids. */
export const OVERLAYS = ["vwap", "profile", "log"] as const;

/** Chart overlay. */
export type Overlay = typeof OVERLAYS[number];

/** Range and overlays of a market's chart; absent fields depend on the available history. */
export interface ChartRange {
  interval?: Interval;
  /** Length of the visible range, ms. */
  spanMs?: number;
  /** End of the visible range, ms; absent = now. */
  toMs?: number;
  /** Non-empty. */
  over?: Overlay[];
  /** Market to compare with. */
  versus?: string;
}

/** Route of a market. */
export type MarketRoute = { view: "market"; symbol: string; feed?: string } & ChartRange;

/** Views without parameters. */
const VIEWS = ["markets", "feeds", "capture", "sql", "signals", "clients"] as const;

/** View of the page with its parameters. */
export type Route = { view: typeof VIEWS[number] } | MarketRoute;

/** Parses a URL hash; unknown hashes give the market list. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name, symbol] = path.split("/");
  if (name === "market" && symbol !== undefined && symbol !== "") {
    const params = new URLSearchParams(query);
    const feed = params.get("feed");
    const range = rangeOf(params);
    return { view: name, symbol: decodePart(symbol), ...(feed === null ? {} : { feed }), ...range };
  }
  return { view: VIEWS.find((view) => view === name) ?? "markets" };
}

/** URL hash of a route. */
export function hashOf(route: Route): string {
  if (route.view !== "market") return `#/${route.view}`;
  const { symbol, feed, interval, spanMs, toMs, over, versus } = route;
  const query = new URLSearchParams({
    ...(feed === undefined ? {} : { feed }),
    ...(interval === undefined ? {} : { interval }),
    ...(spanMs === undefined ? {} : { span: `${Math.round(spanMs / 1000)}s` }),
    ...(toMs === undefined ? {} : { to: new Date(toMs).toISOString().replace(".000Z", "Z") }),
    ...(over === undefined ? {} : { over: over.join(" ") }),
    ...(versus === undefined ? {} : { versus }),
  }).toString().replaceAll("%3A", ":");
  return `#/market/${encodeURIComponent(symbol)}${query === "" ? "" : `?${query}`}`;
}

function rangeOf(params: URLSearchParams): ChartRange {
  const names = Object.keys(INTERVALS) as Interval[];
  const interval = names.find((name) => name === params.get("interval"));
  const seconds = Number(/^(\d{1,9})s$/.exec(params.get("span") ?? "")?.[1] ?? 0);
  const toMs = Date.parse(params.get("to") ?? "");
  const laid = params.get("over")?.split(" ");
  const over = OVERLAYS.filter((name) => laid?.includes(name));
  const versus = params.get("versus") ?? "";
  return {
    ...(interval === undefined ? {} : { interval }),
    ...(seconds > 0 ? { spanMs: seconds * 1000 } : {}),
    ...(Number.isNaN(toMs) ? {} : { toMs }),
    ...(over.length === 0 ? {} : { over }),
    ...(versus === "" ? {} : { versus }),
  };
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
