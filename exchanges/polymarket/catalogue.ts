import type { InstrumentFile, InstrumentVersion } from "@ssmd/metadata";
import { VenueError } from "@ssmd/runtime";
import type { AskRest, Catalogue, CatalogueRequest, NewsRequest } from "../adapter.ts";
import { definedFields, lineOf } from "../json_fields.ts";
import { listOf, objectOf } from "./messages.ts";

/** A market of Gamma or of a lifecycle message, with the fields that we read. */
interface PolymarketMarket {
  slug?: unknown;
  question?: unknown;
  outcomes?: unknown;
  outcomePrices?: unknown;
  clobTokenIds?: unknown;
  assets_ids?: unknown;
  orderPriceMinTickSize?: unknown;
  orderMinSize?: unknown;
  active?: unknown;
  closed?: unknown;
  acceptingOrders?: unknown;
  umaResolutionStatus?: unknown;
  createdAt?: unknown;
  startDate?: unknown;
  endDate?: unknown;
  events?: unknown;
}

/** The venue's largest page. */
const PAGE_MARKETS = 100;
/** More pages than the venue has markets for. */
const PAGES_MAX = 20_000;
const ID = /^[A-Za-z0-9][\w.-]{0,126}[A-Za-z0-9]$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
/** Figures that change with every trade, and images. */
const LEFT_OUT =
  /^(volume|liquidity|spread|best|lastTrade|one(Day|Hour|Week|Month|Year)|outcomePrices|competitive|score|image|icon|updatedAt|events|rewards|twitterCard)/;

/** Gamma, Polymarket's public REST of events and markets. */
export const polymarketCatalogue: Catalogue = {
  url: "https://gamma-api.polymarket.com",
  perSecond: 20,
  tellsEnds: true,
  news: polymarketNews,
  async *instruments(ask, request) {
    const { series, group } = request;
    for (const filter of filtersOf(request)) {
      for await (const page of pagesOf(ask, filter)) {
        const found = page.flatMap((market) => polymarketInstrument(market, request) ?? []);
        yield found.filter(({ versions }) =>
          (series === undefined || versions[0]?.series === series) &&
          (group === undefined || versions[0]?.group === group)
        );
      }
    }
  },
};

/** Request filters; a market last known as open may be closed by now. */
function filtersOf({ living, namedOnly }: CatalogueRequest): [string, string][][] {
  if (living === undefined) return [[]];
  const states = namedOnly === true ? ["false", "true"] : ["true"];
  const named = partsOf([...living]).flatMap((slugs) =>
    states.map((closed) => [
      ["closed", closed] as [string, string],
      ...slugs.map((slug) => ["slug", slug] as [string, string]),
    ])
  );
  return namedOnly === true ? named : [[["closed", "false"]], ...named];
}

function partsOf(slugs: readonly string[]): string[][] {
  return Array.from(
    { length: Math.ceil(slugs.length / PAGE_MARKETS) },
    (_, i) => slugs.slice(i * PAGE_MARKETS, (i + 1) * PAGE_MARKETS),
  );
}

/** Pages by `after_cursor`, as the venue refuses offsets beyond 2000. */
async function* pagesOf(
  ask: AskRest,
  filter: readonly [string, string][],
): AsyncGenerator<PolymarketMarket[]> {
  const path = "/markets/keyset";
  const query = new URLSearchParams([["limit", String(PAGE_MARKETS)], ...filter]);
  const seen = new Set<unknown>();
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = objectOf<{ markets?: unknown; next_cursor?: unknown }>(
      await ask(`${path}?${query}`),
    );
    if (!Array.isArray(answer?.markets)) throw unreadable(path, "a list of markets");
    yield answer.markets.flatMap((each) => objectOf<PolymarketMarket>(each) ?? []);
    const { next_cursor: cursor } = answer;
    if (typeof cursor !== "string" || cursor === "") return;
    if (seen.has(cursor)) throw unreadable(path, "a cursor that was not given before");
    seen.add(cursor);
    query.set("after_cursor", cursor);
  }
  throw unreadable(path, `fewer than ${PAGES_MAX} pages`);
}

/** Converts a market to an instrument with one token per outcome; undefined when it has none. */
function polymarketInstrument(
  market: PolymarketMarket,
  { feed, known }: Pick<CatalogueRequest, "feed" | "known">,
): InstrumentFile | undefined {
  const { slug, question } = market;
  const tokens = tokensOf(market);
  if (typeof slug !== "string" || !ID.test(slug) || tokens === undefined) return undefined;
  const event = objectOf<{ slug?: unknown; seriesSlug?: unknown }>(listOf(market.events)?.[0]);
  const created = timeOf(market.createdAt) ?? known;
  const version: InstrumentVersion = {
    ...{ effective: created, known, state: stateOf(market), quote: "USDC" },
    ...definedFields({
      price_grid: gridOf(market.orderPriceMinTickSize),
      size_min: decimalOf(market.orderMinSize),
      opens: timeOf(market.startDate),
      closes: timeOf(market.endDate),
      result: resultOf(market, tokens.map(({ outcome }) => outcome)),
      group: lineOf(event?.slug),
      series: seriesOf(slug) ?? lineOf(event?.seriesSlug),
    }),
    venue: Object.fromEntries(Object.entries(market).filter(([name]) => !LEFT_OUT.test(name))),
  };
  return {
    ...{ id: slug, name: lineOf(question) ?? slug, asset_class: "event", versions: [version] },
    mappings: tokens.map((token) => ({ feed, ...token, from: created, known })),
  };
}

/** Series of a slug that ends in a start time: `btc-updown-15m` of `btc-updown-15m-1790000000`. */
function seriesOf(slug: string): string | undefined {
  return /^(.+)-\d{10}$/.exec(slug)?.[1];
}

function tokensOf({ clobTokenIds, assets_ids, outcomes }: PolymarketMarket) {
  const tokens = listOf(clobTokenIds ?? assets_ids);
  const names = listOf(outcomes);
  if (tokens === undefined || tokens.length === 0 || names?.length !== tokens.length) {
    return undefined;
  }
  const found = tokens.map((external, i) => ({ external, outcome: lineOf(names[i]) }));
  return found.every((each): each is { external: string; outcome: string } =>
      typeof each.external === "string" && /^[1-9]\d{0,77}$/.test(each.external) &&
      each.outcome !== undefined
    )
    ? found
    : undefined;
}

/** A proposed resolution is not final: it may be disputed. */
function stateOf(market: PolymarketMarket): InstrumentVersion["state"] {
  const { umaResolutionStatus: resolution, closed, active, acceptingOrders } = market;
  if (resolution === "disputed") return "disputed";
  if (resolution === "proposed") return "determined";
  if (closed === true) return resolution === "resolved" ? "settled" : "closed";
  if (active !== true) return "listed";
  return acceptingOrders === false ? "halted" : "open";
}

/** Outcome that is paid in full. */
function resultOf(
  { closed, outcomePrices }: PolymarketMarket,
  outcomes: readonly string[],
): string | undefined {
  if (closed !== true) return undefined;
  const at = listOf(outcomePrices)?.findIndex((price) => Number(price) === 1) ?? -1;
  return outcomes[at];
}

/** Merges a lifecycle message into the last known version of its market. */
function polymarketNews(
  news: unknown,
  before: InstrumentFile | undefined,
  { feed, known, idsByExternal }: NewsRequest,
): InstrumentFile | undefined {
  const event = objectOf<PolymarketMarket & { event_type?: unknown; winning_outcome?: unknown }>(
    news,
  );
  if (event?.event_type === "new_market") {
    const created = polymarketInstrument({ ...event, active: true }, { feed, known });
    // REST has sent more about it since.
    return before === undefined ? created : undefined;
  }
  if (event?.event_type !== "market_resolved") return undefined;
  const [token] = listOf(event.assets_ids) ?? [];
  const id = before?.id ?? idsByExternal.get(String(token));
  if (id === undefined) return undefined;
  const result = lineOf(event.winning_outcome);
  const version: InstrumentVersion = {
    ...before?.versions.at(-1),
    ...{ effective: known, known, state: "settled" },
    ...(result === undefined ? {} : { result }),
  };
  const mappings = before?.mappings ?? [{ feed, external: String(token), from: known, known }];
  return { id, name: before?.name ?? id, asset_class: "event", versions: [version], mappings };
}

function gridOf(tick: unknown): InstrumentVersion["price_grid"] {
  const step = decimalOf(tick);
  return step === undefined ? undefined : [{ from: step, to: toOf(Number(step)), step }];
}

/** Highest price: one step below a dollar. */
function toOf(step: number): string {
  return String(Math.round((1 - step) * 1e6) / 1e6);
}

function decimalOf(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^\d{1,15}(\.\d{1,15})?$/.test(text) ? text : undefined;
}

function timeOf(value: unknown): string | undefined {
  return typeof value === "string" && TIME.test(value) ? value : undefined;
}

function unreadable(path: string, wanted: string): VenueError {
  return new VenueError("VENUE_ANSWER_UNREADABLE", `Gamma's answer of ${path} is not ${wanted}`, {
    context: { path },
    hint: "Try again; if it stays, the venue has changed its REST",
    retryable: true,
  });
}
