/** A view of the page with its parameters. */
export type Route =
  | { view: "markets" }
  | { view: "market"; symbol: string; feed?: string }
  | { view: "feeds" }
  | { view: "signals" }
  | { view: "clients" };

/** The route of an address hash; the list of markets when it is unknown. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view, name] = path.split("/");
  if (view === "feeds" || view === "signals" || view === "clients") return { view };
  if (view !== "market" || name === undefined || name === "") return { view: "markets" };
  const feed = new URLSearchParams(query).get("feed");
  const symbol = decodePart(name);
  return feed === null ? { view, symbol } : { view, symbol, feed };
}

/** The hash of a route. */
export function hashOf(route: Route): string {
  if (route.view !== "market") return `#/${route.view}`;
  const feed = route.feed === undefined ? "" : `?feed=${encodeURIComponent(route.feed)}`;
  return `#/market/${encodeURIComponent(route.symbol)}${feed}`;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
