import { ALL_SYMBOLS } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { ArchiveSource } from "../../history/archive_source.ts";
import { type GapSpan, gapSpans, touching } from "../../history/gap_span.ts";
import type { History } from "../../history/history.ts";
import type { MarketData } from "../../state/market_data.ts";
import { EntitledMarkets } from "../../state/entitled_markets.ts";
import { cursorOf, valueOfCursor } from "../../http/cursor.ts";
import { gapJson } from "../gap_view.ts";
import { gapHints } from "../history_hints.ts";
import { type Span, spanOf } from "../history_span.ts";
import { feedOf, marketOf } from "../market_lookup.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { CURSOR, FEED, SYMBOL } from "../schemas/common.ts";
import { GAP_LIST as EXAMPLE } from "../schemas/history_examples.ts";
import { FROM, GAP_LIST, PAGE_LIMIT, TO } from "../schemas/history.ts";

/** Sources of gaps. */
interface GapSource {
  data: MarketData;
  history: History;
  archive: ArchiveSource | undefined;
}

const GAP_CURSOR = z.tuple([z.number(), z.string(), z.string(), z.string(), z.string()]);

/** Returns a route of time spans in which data is missing or suspect. */
export function gapRoute(
  source: GapSource,
  name: { path: string; id: string; tag: string },
): Route {
  return route({
    ...name,
    summary: "Lists times in which data is missing or suspect",
    description:
      "Covers the last day unless `from` is given, oldest first, from memory and archive. A " +
      "gap of `_all` affects every market of its feed.",
    query: {
      symbol: SYMBOL.optional().describe("Only gaps that affect this market."),
      feed: FEED.optional(),
      ...{ from: FROM, to: TO, limit: PAGE_LIMIT, cursor: CURSOR.optional() },
    },
    answers: { 200: { schema: GAP_LIST, example: EXAMPLE } },
    handler: async ({ query, access }) => {
      const span = spanOf(query, nowUs(), 1);
      const all = (await gapsOf(source, access, { ...query, ...span })).sort(compareGaps);
      const after = query.cursor === undefined
        ? undefined
        : valueOfCursor(query.cursor, GAP_CURSOR);
      const rest = after === undefined
        ? all
        : all.filter((gap) => compareCursors(cursorOfGap(gap), after) > 0);
      const page = rest.slice(0, query.limit);
      const last = page.at(-1);
      const isMore = last !== undefined && rest.length > page.length;
      return json({
        from: span.fromUs / 1000,
        to: span.toUs / 1000,
        gaps: page.map(gapJson),
        ...(isMore ? { next: cursorOf(cursorOfGap(last)) } : {}),
        _hints: page.length === 0 ? ["No gap is known in this span."] : gapHints(page),
      });
    },
  });
}

async function gapsOf(
  { data, history, archive }: GapSource,
  access: Access,
  { symbol, feed, ...span }: Span & { symbol?: string | undefined; feed?: string | undefined },
): Promise<GapSpan[]> {
  const found: GapSpan[] = [];
  const visible = new EntitledMarkets(data, access);
  const market = symbol === undefined ? undefined : marketOf(data, access, { symbol, feed }).market;
  const only = market?.feed ?? (feed === undefined ? undefined : feedOf(data, access, feed));
  for (const each of visible.feeds()) {
    if (only !== undefined && each !== only) continue;
    const archived = await archive?.gaps(each.id, span.fromUs, span.toUs) ?? [];
    const spans = gapSpans([...archived, ...history.gaps(each, symbol)]);
    for (const gap of touching(spans, { symbol, ...span })) {
      const isSeen = gap.symbol === ALL_SYMBOLS || access.typesOf(each.id, gap.symbol) !== 0;
      if (isSeen) found.push(gap);
    }
  }
  return found;
}

type GapCursor = z.output<typeof GAP_CURSOR>;

function cursorOfGap({ fromUs, feed, symbol, reason, channel }: GapSpan): GapCursor {
  return [fromUs, feed, symbol, reason, channel];
}

function compareGaps(a: GapSpan, b: GapSpan): number {
  return compareCursors(cursorOfGap(a), cursorOfGap(b));
}

function compareCursors(a: GapCursor, b: GapCursor): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  const [textA, textB] = [a.slice(1).join("\0"), b.slice(1).join("\0")];
  return textA < textB ? -1 : textA > textB ? 1 : 0;
}
