import { VenueError } from "@ssmd/runtime";
import type { AskRest, Catalogue, CatalogueRequest } from "../adapter.ts";
import { kalshiNews } from "./market_news.ts";
import {
  kalshiInstrument,
  type KalshiMarket,
  kalshiMarketOf,
  type KalshiSeries,
  seriesOfEvent,
} from "./market_terms.ts";

/** Largest pages that the venue gives. */
const PAGE_MARKETS = 1000;
/** Markets that one request names. */
const TICKERS_MAX = 100;
/** More pages than the venue can have markets for: a cursor that runs in circles. */
const PAGES_MAX = 20_000;

/** Kalshi's public REST, which needs no signature. */
export const kalshiCatalogue: Catalogue = {
  url: "https://external-api.kalshi.com/trade-api/v2",
  perSecond: 10,
  news: kalshiNews,
  async *instruments(ask, request) {
    const { feed, known } = request;
    const seriesByTicker = await kalshiSeries(ask);
    const pages = request.living === undefined
      ? kalshiMarkets(ask, request)
      : livingMarkets(ask, { ...request, living: request.living });
    for await (const page of pages) {
      yield page.map((market) => {
        const series = seriesByTicker.get(seriesOfEvent(String(market.event_ticker ?? "")));
        return kalshiInstrument(market, { feed, series, known });
      });
    }
  },
};

/** Markets that are not settled yet, and those that were not by what is known. */
async function* livingMarkets(
  ask: AskRest,
  { series, group, living }: CatalogueRequest & { living: ReadonlySet<string> },
): AsyncGenerator<KalshiMarket[]> {
  const left = new Set(living);
  for (const status of ["unopened", "open", "closed"]) {
    const filter = {
      ...{ status },
      ...(series === undefined ? {} : { series_ticker: series }),
      ...(group === undefined ? {} : { event_ticker: group }),
    };
    for await (const page of pagesOf(ask, filter)) {
      for (const { ticker } of page) left.delete(ticker);
      yield page;
    }
  }
  const tickers = [...left];
  for (let at = 0; at < tickers.length; at += TICKERS_MAX) {
    yield* pagesOf(ask, { tickers: tickers.slice(at, at + TICKERS_MAX).join(",") });
  }
}

/** The fees of all series, by their ticker. */
async function kalshiSeries(ask: AskRest): Promise<Map<string, KalshiSeries>> {
  const answer = await ask("/series") as { series?: unknown };
  if (!Array.isArray(answer.series)) throw unreadable("/series", "a list of series");
  return new Map(
    answer.series.filter((each): each is KalshiSeries => typeof each?.ticker === "string")
      .map((each) => [each.ticker, each]),
  );
}

/**
 * All markets, a page at a time. Throws VenueError `VENUE_ANSWER_UNREADABLE` for what is no page, and
 * for a cursor that was given before.
 */
async function* kalshiMarkets(
  ask: AskRest,
  { updatedSinceS, series }: Pick<CatalogueRequest, "updatedSinceS" | "series"> = {},
): AsyncGenerator<KalshiMarket[]> {
  // No other filter goes with the time but that of combos, which are no markets of their own.
  const filter = updatedSinceS === undefined
    ? { ...(series === undefined ? {} : { series_ticker: series }) }
    : { min_updated_ts: String(Math.floor(updatedSinceS)), mve_filter: "exclude" };
  const isAsked = ({ event_ticker }: KalshiMarket) =>
    series === undefined || seriesOfEvent(String(event_ticker ?? "")) === series;
  for await (const page of pagesOf(ask, filter)) yield page.filter(isAsked);
}

async function* pagesOf(
  ask: AskRest,
  filter: Record<string, string>,
): AsyncGenerator<KalshiMarket[]> {
  const query = new URLSearchParams({ limit: String(PAGE_MARKETS), ...filter });
  const seen = new Set<string>();
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await ask(`/markets?${query}`) as { markets?: unknown; cursor?: unknown };
    if (!Array.isArray(answer.markets)) throw unreadable("/markets", "a list of markets");
    yield answer.markets.map(kalshiMarketOf).filter((each) => each !== undefined);
    const { cursor } = answer;
    if (typeof cursor !== "string" || cursor === "") return;
    if (seen.has(cursor)) throw unreadable("/markets", "a cursor that was not given before");
    seen.add(cursor);
    query.set("cursor", cursor);
  }
  throw unreadable("/markets", `fewer than ${PAGES_MAX} pages`);
}

function unreadable(path: string, wanted: string): VenueError {
  return new VenueError("VENUE_ANSWER_UNREADABLE", `Kalshi's answer of ${path} is not ${wanted}`, {
    context: { path },
    hint: "Try again; if it stays, the venue has changed its REST",
    retryable: true,
  });
}
