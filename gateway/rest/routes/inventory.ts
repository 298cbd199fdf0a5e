import { dayOfUs } from "@ssmd/archive";
import { EVENT_TYPES } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import type { Access } from "../../access/access.ts";
import { mayActAs } from "../../access/role.ts";
import type { ArchivedDay, ArchiveSource } from "../../history/archive_source.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { EntitledMarkets } from "../../state/entitled_markets.ts";
import type { MarketFeed } from "../../state/market.ts";
import type { MarketData } from "../../state/market_data.ts";
import { spanOf } from "../history_span.ts";
import { feedOf, includes } from "../market_lookup.ts";
import { FEED } from "../schemas/common.ts";
import { FROM, TO } from "../schemas/history.ts";
import { META_INVENTORY } from "../schemas/meta.ts";
import * as examples from "../schemas/meta_examples.ts";

/** What the inventory is read from. */
interface InventorySource {
  data: MarketData;
  archive: ArchiveSource | undefined;
}

/** Returns the route of the archive's inventory. */
export function inventoryRoute({ data, archive }: InventorySource): Route {
  return route({
    path: "/v1/meta/inventory",
    id: "getInventory",
    tag: "Metadata",
    summary: "Lists archived data, day by day",
    description: "Covers the last seven days unless `from` is given.",
    query: { feed: FEED.optional(), from: FROM, to: TO },
    answers: { 200: { schema: META_INVENTORY, example: examples.META_INVENTORY } },
    handler: async ({ query, access }) => {
      const span = spanOf(query, nowUs(), 7);
      if (query.feed !== undefined) feedOf(data, access, query.feed);
      const visible = new EntitledMarkets(data, access);
      const feeds = [...visible.feeds()]
        .filter(({ id }) => query.feed === undefined || id === query.feed);
      const days: ArchivedDay[] = [];
      for (const feed of feeds) {
        const types = visible.typesOfAll(feed);
        if (types === 0) continue;
        const all = await archive?.days(feed.id, span.fromUs, span.toUs) ?? [];
        days.push(...(visible.seesAllOf(feed) ? all : all.map((day) => limitedDay(day, types))));
      }
      return json({
        from: dayOfUs(span.fromUs),
        to: dayOfUs(span.toUs - 1),
        days: days.map(dayJson),
        total: totalOf(days),
        dead_letters: seesLetters(data, access) ? await archive?.deadLetters() ?? {} : {},
        _hints: [
          ...archiveHints(archive !== undefined, days),
          ...accessHints(visible, feeds),
        ],
      });
    },
  });
}

/** Returns a day as far as a caller may see it that sees only some types of the feed. */
function limitedDay({ types: all, ...day }: ArchivedDay, visible: number): ArchivedDay {
  const types = all.filter(({ type }) => includes(visible, type));
  const sum = (of: "records" | "bytes") => types.reduce((total, each) => total + each[of], 0);
  return { ...day, types, records: sum("records"), bytes: sum("bytes") };
}

/** Dead letters are counted by component, not by feed. */
function seesLetters(data: MarketData, access: Access): boolean {
  const visible = new EntitledMarkets(data, access);
  return mayActAs(access.role, "metrics") ||
    data.feeds.values().every((feed) => visible.seesAllOf(feed));
}

function dayJson({ fromUs, toUs, gaps, ...day }: ArchivedDay) {
  return {
    ...day,
    from: fromUs === 0 ? null : fromUs / 1000,
    to: toUs === 0 ? null : toUs / 1000,
    gaps: gaps.length,
  };
}

function totalOf(days: readonly ArchivedDay[]) {
  const sum = (of: (day: ArchivedDay) => number) => days.reduce((all, day) => all + of(day), 0);
  const quality = days.length === 0 ? null : sum((day) => day.quality) / days.length;
  return { records: sum((day) => day.records), bytes: sum((day) => day.bytes), quality };
}

function archiveHints(hasArchive: boolean, days: readonly ArchivedDay[]): string[] {
  const hints: string[] = [];
  if (!hasArchive) hints.push("This gateway reads no archive.");
  else if (days.length === 0) hints.push("The archive has nothing of these days.");
  const open = days.filter(({ status }) => status === "open");
  if (open.length > 0) hints.push("An open day still grows: its last minutes are on their way.");
  return hints;
}

/** Returns what the caller's entitlements leave out. */
function accessHints(visible: EntitledMarkets, feeds: readonly MarketFeed[]): string[] {
  const hints: string[] = [];
  const hidden = feeds.filter((feed) => visible.typesOfAll(feed) === 0).map(({ id }) => id);
  if (hidden.length > 0) {
    hints.push(`Not shown, because this caller does not see all of it: ${hidden.join(", ")}.`);
  }
  for (const feed of feeds) {
    const types = visible.typesOfAll(feed);
    if (types === 0 || visible.seesAllOf(feed)) continue;
    const seen = EVENT_TYPES.filter((type) => includes(types, type));
    hints.push(`Of ${feed.id}, only ${seen.join(", ")} are counted: this caller sees no others.`);
  }
  return hints;
}
