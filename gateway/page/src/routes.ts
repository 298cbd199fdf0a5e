/** A place in the page. */
export type Place =
  | { view: "markets" }
  | { view: "market"; symbol: string; feed?: string }
  | { view: "feeds" }
  | { view: "clients" };

/** The place that an address's hash names; anything unknown is the list of markets. */
export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view, name] = path.split("/");
  if (view === "feeds" || view === "clients") return { view };
  if (view !== "market" || name === undefined || name === "") return { view: "markets" };
  const feed = new URLSearchParams(query).get("feed");
  const symbol = decodePart(name);
  return feed === null ? { view, symbol } : { view, symbol, feed };
}

/** The hash of a place. */
export function hashOf(place: Place): string {
  if (place.view !== "market") return `#/${place.view}`;
  const feed = place.feed === undefined ? "" : `?feed=${encodeURIComponent(place.feed)}`;
  return `#/market/${encodeURIComponent(place.symbol)}${feed}`;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
