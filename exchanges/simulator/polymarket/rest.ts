import { cursorOf, offsetOf } from "../cursor.ts";
import type { RestAnswer } from "../venue.ts";

/** A market or event in Gamma's format; lists of a market are JSON texts. */
interface GammaEntry {
  id: string;
  slug: string;
  closed: boolean;
  [field: string]: unknown;
}

/** A market with its event. */
interface GammaMarket extends GammaEntry {
  events: [{ id: string; slug: string; title: string }];
}

/** Largest pages by cursor. */
const PAGE_MAX: Readonly<Record<string, number>> = { markets: 100, events: 500 };
const OFFSET_MAX = 2000;

/** Creates a market of two outcomes. */
export function gammaMarket(
  { n, slug, question, tick, tokens, condition }: {
    n: number;
    slug: string;
    question: string;
    /** Price step, dollars. */
    tick: number;
    tokens: readonly [string, string];
    condition: string;
  },
): GammaMarket {
  return {
    ...{ id: String(n), question, conditionId: condition, slug, active: true, closed: false },
    ...{ outcomes: `["Yes", "No"]`, outcomePrices: `["0.5", "0.5"]`, acceptingOrders: true },
    ...{ clobTokenIds: JSON.stringify(tokens), enableOrderBook: true },
    ...{ orderPriceMinTickSize: tick, orderMinSize: 5, negRisk: false },
    ...{ startDate: "2026-11-01T00:00:00Z", endDate: "2026-12-31T00:00:00Z" },
    ...{ createdAt: "2026-11-01T00:00:00.000000Z", umaResolutionStatuses: "[]" },
    events: [{ id: String(n), slug: `${slug}-event`, title: question }],
  };
}

/**
 * Answers Gamma from markets and their events: `/markets` by offset up to the venue's limit,
 * `/markets/keyset` by cursor, one by id or slug; events alike.
 */
export function answerGamma(
  path: string,
  query: URLSearchParams,
  markets: readonly GammaMarket[],
): RestAnswer | undefined {
  const [, kind = "", rest = ""] = /^\/(markets|events)(?:\/(.+))?$/.exec(path) ?? [];
  if (kind === "") return undefined;
  const all = kind === "markets" ? markets : markets.map(eventOf);
  if (rest !== "" && rest !== "keyset") return single(rest, all);
  const slugs = query.getAll("slug");
  const found = all.filter(({ slug, closed }) =>
    (slugs.length === 0 || slugs.includes(slug)) &&
    (!query.has("closed") || String(closed) === query.get("closed"))
  );
  const limit = Math.min(Number(query.get("limit") ?? 20), PAGE_MAX[kind] ?? 0);
  if (!Number.isInteger(limit) || limit < 0) return refusal(422, "invalid limit");
  if (rest === "") {
    const offset = Number(query.get("offset") ?? 0);
    if (!Number.isInteger(offset) || offset < 0) return refusal(422, "invalid offset");
    if (offset <= OFFSET_MAX) return ok(found.slice(offset, offset + limit));
    return refusal(422, `offset too large, use /${kind}/keyset for deeper pagination`);
  }
  const after = offsetOf(query.get("after_cursor"));
  if (limit === 0 || after === undefined) return refusal(422, "invalid cursor or limit");
  const next = after + limit;
  return ok({
    [kind]: found.slice(after, next),
    ...(next < found.length ? { next_cursor: cursorOf(next) } : {}),
  });
}

/** Event of a market, with the market in it. */
function eventOf({ events: [event], ...market }: GammaMarket): GammaEntry {
  return { ...event, active: true, closed: market.closed, negRisk: false, markets: [market] };
}

/** Entry by `slug/{slug}` or `{id}`. */
function single(name: string, all: readonly GammaEntry[]): RestAnswer {
  const slug = /^slug\/(.+)$/.exec(name)?.[1];
  const found = all.find((each) => slug === undefined ? each.id === name : each.slug === slug);
  if (found !== undefined) return ok(found);
  return refusal(404, `${slug === undefined ? "id" : "slug"} not found`, "not found error");
}

function ok(value: unknown): RestAnswer {
  return { status: 200, body: JSON.stringify(value) };
}

function refusal(status: number, error: string, type = "validation error"): RestAnswer {
  return { status, body: JSON.stringify({ type, error }) };
}
