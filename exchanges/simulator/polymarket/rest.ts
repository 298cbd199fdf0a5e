import type { RestAnswer } from "../venue.ts";

/** A market as Gamma gives it; lists are JSON texts. */
interface GammaMarket {
  slug: string;
  closed: boolean;
  [field: string]: unknown;
}

const PAGE_MAX = 100;
const OFFSET_MAX = 2000;

/** A market of two outcomes. */
export function gammaMarket(
  { n, slug, question, tick, tokens, condition }: {
    n: number;
    slug: string;
    question: string;
    /** Step of its prices, dollars. */
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

/** Gamma over markets: `/markets` by offset as far as the venue lets, `/markets/keyset` by cursor. */
export function answerGamma(
  path: string,
  query: URLSearchParams,
  markets: readonly GammaMarket[],
): RestAnswer | undefined {
  const limit = Math.min(Number(query.get("limit") ?? 20), PAGE_MAX);
  const slugs = query.getAll("slug");
  const found = markets.filter(({ slug, closed }) =>
    (slugs.length === 0 || slugs.includes(slug)) &&
    (!query.has("closed") || String(closed) === query.get("closed"))
  );
  if (path === "/markets") {
    const offset = Number(query.get("offset") ?? 0);
    if (offset > OFFSET_MAX) return refusal(422, "offset too large, use /markets/keyset");
    return ok(found.slice(offset, offset + limit));
  }
  if (path !== "/markets/keyset") return undefined;
  const after = Number(atob(query.get("after_cursor") ?? btoa("0")));
  if (!(limit >= 1 && after >= 0)) return refusal(422, "invalid cursor or limit");
  const next = after + limit;
  return ok({
    markets: found.slice(after, next),
    ...(next < found.length ? { next_cursor: btoa(String(next)) } : {}),
  });
}

function ok(value: unknown): RestAnswer {
  return { status: 200, body: JSON.stringify(value) };
}

function refusal(status: number, error: string): RestAnswer {
  return { status, body: JSON.stringify({ type: "validation error", error }) };
}
