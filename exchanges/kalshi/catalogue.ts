import { usOfIso, VenueError } from "@ssmd/runtime";
import type { AskRest, Catalogue, CatalogueRequest } from "../adapter.ts";
import { kalshiExchange } from "./exchange_terms.ts";
import { type FeeChange, feeChangeOf, type KalshiSeries } from "./fee_terms.ts";
import { kalshiNews } from "./market_news.ts";
import {
  kalshiInstrument,
  type KalshiMarket,
  kalshiMarketOf,
  seriesOfEvent,
} from "./market_terms.ts";
import { EVENTS, listOf, MARKETS, objectOf, pagesOf } from "./rest_answers.ts";

/** Most markets per request. */
const TICKERS_MAX = 100;
/** REST drops the markets of events whose last market closed longer ago. */
const EVENT_AGE_S_MAX = 366 * 86_400;
const LIVING = ["unopened", "open", "closed"];

type Raw = Readonly<Record<string, unknown>>;

/** Kalshi's public REST, without signature: the exchange, then series → events → markets. */
export const kalshiCatalogue: Catalogue = {
  url: "https://external-api.kalshi.com/trade-api/v2",
  perSecond: 10,
  tellsEnds: true,
  news: kalshiNews,
  async *instruments(ask, request) {
    yield [await kalshiExchange(ask, request)];
    const tree = await KalshiTree.read(ask);
    const pages = request.living !== undefined
      ? livingMarkets(tree, { ...request, living: request.living })
      : request.updatedSinceS === undefined
      ? allMarkets(tree, request)
      : changedMarkets(tree, { ...request, updatedSinceS: request.updatedSinceS });
    for await (const page of pages) {
      yield page.map((market) => kalshiInstrument(market, { ...request, ...tree.of(market) }));
    }
  },
};

/** Series with their fees, and the loaded events. */
class KalshiTree {
  readonly ask: AskRest;
  readonly changes: readonly FeeChange[];
  #series: ReadonlyMap<string, KalshiSeries>;
  #changes: ReadonlyMap<string, FeeChange[]>;
  #events = new Map<string, Raw | undefined>();

  private constructor(ask: AskRest, series: KalshiSeries[], changes: FeeChange[]) {
    this.ask = ask;
    this.#series = new Map(series.map((each) => [each.ticker, each]));
    this.changes = changes.sort((a, b) => usOfIso(a.from) - usOfIso(b.from));
    this.#changes = Map.groupBy(this.changes, (each) => each.series);
  }

  static async read(ask: AskRest): Promise<KalshiTree> {
    const series = listOf(await ask("/series"), "series", "/series").map(objectOf)
      .filter((each): each is Raw & KalshiSeries => typeof each?.["ticker"] === "string");
    const path = "/series/fee_changes?show_historical=true";
    const changes = listOf(await ask(path), "series_fee_change_arr", path);
    return new KalshiTree(ask, series, changes.flatMap((each) => feeChangeOf(each) ?? []));
  }

  /** Loads the events of a filter; yields their markets if included. */
  async *events(filter: Readonly<Record<string, string>>): AsyncGenerator<KalshiMarket[]> {
    for await (const page of pagesOf(this.ask, EVENTS, filter)) {
      yield page.flatMap((each) => this.#take(each));
    }
  }

  /** Loads an event by its ticker; one that REST does not know is stored as absent. */
  async event(ticker: string): Promise<void> {
    if (this.#events.has(ticker)) return;
    this.#events.set(ticker, undefined);
    try {
      this.#take(objectOf(await this.ask(`/events/${encodeURIComponent(ticker)}`))?.["event"]);
    } catch (error) {
      if (!(error instanceof VenueError) || error.context["status"] !== 404) throw error;
    }
  }

  #take(json: unknown): KalshiMarket[] {
    const event = objectOf(json);
    if (typeof event?.["event_ticker"] !== "string") return [];
    this.#events.set(event["event_ticker"], event);
    return marketsOf(event["markets"]);
  }

  /** Known event and series of a market. */
  of({ event_ticker }: KalshiMarket) {
    const ticker = String(event_ticker ?? "");
    const event = this.#events.get(ticker);
    const name = seriesOf(ticker, event);
    return { event, series: this.#series.get(name), feeChanges: this.#changes.get(name) };
  }
}

/** Series of an event, else the prefix of its ticker. */
function seriesOf(ticker: string, event: Raw | undefined): string {
  const { series_ticker } = event ?? {};
  return typeof series_ticker === "string" ? series_ticker : seriesOfEvent(ticker);
}

/** All markets of a series, or of the venue. */
async function* allMarkets(
  tree: KalshiTree,
  { series, known }: CatalogueRequest,
): AsyncGenerator<KalshiMarket[]> {
  const filter = series === undefined ? {} : { series_ticker: series };
  const min_close_ts = String(Math.floor(usOfIso(known) / 1e6) - EVENT_AGE_S_MAX);
  for await (const _ of tree.events({ ...filter, min_close_ts }));
  yield* markets(tree.ask, filter);
}

/** Markets changed since then, those of changed events, and those with fee changes. */
async function* changedMarkets(
  tree: KalshiTree,
  { updatedSinceS, series }: CatalogueRequest & { updatedSinceS: number },
): AsyncGenerator<KalshiMarket[]> {
  const min_updated_ts = String(Math.floor(updatedSinceS));
  const seen = new Set<string>();
  const unseen = (page: KalshiMarket[]) =>
    page.filter(({ ticker, event_ticker }) =>
      (series === undefined || seriesOfEvent(String(event_ticker ?? "")) === series) &&
      seen.size < seen.add(ticker).size
    );
  const own = series === undefined ? {} : { series_ticker: series };
  const events = tree.events({ min_updated_ts, with_nested_markets: "true", ...own });
  for await (const page of events) yield unseen(page);
  // The time can only be combined with the filter of combos, which are not markets of their own.
  for await (const page of markets(tree.ask, { min_updated_ts, mve_filter: "exclude" })) {
    const news = unseen(page);
    for (const { event_ticker } of news) await tree.event(String(event_ticker ?? ""));
    yield news;
  }
  const late = tree.changes.filter(({ from }) => usOfIso(from) / 1e6 >= updatedSinceS);
  for (const series_ticker of new Set(late.map((each) => each.series))) {
    for (const status of LIVING) {
      for await (const page of markets(tree.ask, { status, series_ticker })) yield unseen(page);
    }
  }
}

/** Unsettled markets (unless `namedOnly`), then the remaining ones of `living` by name. */
async function* livingMarkets(
  tree: KalshiTree,
  { series, group, living, known, namedOnly }: CatalogueRequest & { living: ReadonlySet<string> },
): AsyncGenerator<KalshiMarket[]> {
  const own = series === undefined ? {} : { series_ticker: series };
  if (group !== undefined) await tree.event(group);
  else if (series !== undefined) {
    const min_close_ts = String(Math.floor(usOfIso(known) / 1e6));
    for await (const _ of tree.events({ ...own, min_close_ts }));
  }
  const left = new Set(living);
  for (const status of namedOnly === true ? [] : LIVING) {
    const filter = { status, ...own, ...(group === undefined ? {} : { event_ticker: group }) };
    for await (const page of markets(tree.ask, filter)) {
      for (const { ticker } of page) left.delete(ticker);
      yield page;
    }
  }
  const tickers = [...left];
  for (let at = 0; at < tickers.length; at += TICKERS_MAX) {
    yield* markets(tree.ask, { tickers: tickers.slice(at, at + TICKERS_MAX).join(",") });
  }
}

async function* markets(
  ask: AskRest,
  filter: Readonly<Record<string, string>>,
): AsyncGenerator<KalshiMarket[]> {
  for await (const page of pagesOf(ask, MARKETS, filter)) yield marketsOf(page);
}

function marketsOf(list: unknown): KalshiMarket[] {
  return Array.isArray(list) ? list.flatMap((each) => kalshiMarketOf(each) ?? []) : [];
}
