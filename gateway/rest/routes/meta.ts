import { dayOfUs } from "@ssmd/archive";
import {
  type Environment,
  registryPathOf,
  schemaVersionOn,
  symbolsByShard,
  versionOn,
} from "@ssmd/metadata";
import { messageOf, nowUs, SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { mayActAs } from "../../access/role.ts";
import type { ArchivedDay, ArchiveSource } from "../../history/archive_source.ts";
import type { RegistrySource, RegistryView } from "../../meta/registry_source.ts";
import type { MarketData } from "../../state/market_data.ts";
import { EntitledMarkets } from "../../state/entitled_markets.ts";
import { spanOf } from "../history_span.ts";
import { feedOf } from "../market_lookup.ts";
import { Problem } from "../../http/problem.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { FEED } from "../schemas/common.ts";
import { FROM, TO } from "../schemas/history.ts";
import * as examples from "../schemas/meta_examples.ts";
import {
  AS_OF,
  META_ENVIRONMENTS,
  META_FEEDS,
  META_INVENTORY,
  META_SCHEMAS,
} from "../schemas/meta.ts";

/** Data of the metadata routes. */
interface MetaSource {
  /** Environment of this gateway. */
  env: string;
  data: MarketData;
  /** undefined = no registry. */
  registry: RegistrySource | undefined;
  archive: ArchiveSource | undefined;
}

/** Returns the routes of the registry and the archive's inventory. */
export function metaRoutes(source: MetaSource): Route[] {
  return [feeds(source), schemas(source), environments(source), inventory(source)];
}

async function viewOn({ registry }: MetaSource, day: string | undefined): Promise<RegistryView> {
  if (registry === undefined) {
    const hint = "start the gateway in the project's folder";
    throw new Problem("NO_REGISTRY", "This gateway knows no registry", { status: 503, hint });
  }
  try {
    return await registry.on(day);
  } catch (error) {
    const isOurs = error instanceof SsmdError || error instanceof Deno.errors.NotCapable;
    if (!isOurs || day === undefined) throw error;
    const hint = "leave as_of out for today's files; days before need git and its history";
    throw new Problem("AS_OF_UNAVAILABLE", `git cannot be asked: ${messageOf(error)}`, {
      status: 503,
      hint,
    });
  }
}

function headOf({ day, origin: { commit, time, note } }: RegistryView) {
  const origin = { commit: commit ?? null, time: time ?? null, note: note ?? null };
  return { as_of: day, origin };
}

function feeds(source: MetaSource): Route {
  return route({
    path: "/v1/meta/feeds",
    id: "listRegisteredFeeds",
    tag: "Metadata",
    summary: "Lists feeds as configured on a day",
    query: { as_of: AS_OF },
    answers: { 200: { schema: META_FEEDS, example: examples.META_FEEDS } },
    handler: async ({ query, access }) => {
      const view = await viewOn(source, query.as_of);
      const visible = [...view.found.feeds.values()].filter(({ id }) => access.seesFeed(id));
      return json({
        ...headOf(view),
        feeds: visible.map((feed) => {
          const version = versionOn(feed, view.day);
          return {
            feed: feed.id,
            name: feed.display_name,
            type: feed.type,
            status: feed.status,
            calendar: feed.calendar ?? null,
            version: version === undefined ? null : {
              from: version.from,
              types: version.capabilities.types,
              book_depths: version.capabilities.book_depths ?? null,
              book_checksum: version.capabilities.book_checksum,
              parser: version.parser,
              needs_key: version.auth.method !== "none",
            },
            versions: feed.versions.length,
          };
        }),
      });
    },
  });
}

function schemas(source: MetaSource): Route {
  return route({
    path: "/v1/meta/schemas",
    id: "listSchemas",
    tag: "Metadata",
    summary: "Lists record schemas as registered on a day",
    query: {
      as_of: AS_OF,
      text: z.boolean().default(false).describe("Whether to include the schemas' texts."),
    },
    answers: { 200: { schema: META_SCHEMAS, example: examples.META_SCHEMAS } },
    handler: async ({ query }) => {
      const view = await viewOn(source, query.as_of);
      return json({
        ...headOf(view),
        schemas: [...view.found.schemas.values()].map((schema) => ({
          schema: schema.name,
          struct: schema.struct,
          in_force: schemaVersionOn(schema, view.day)?.version ?? null,
          versions: schema.versions.map(({ version, from, status, sha256, file }) => {
            const path = registryPathOf({ kind: "schema", name: schema.name })
              .replace(/[^/]*$/, file);
            const text = query.text ? view.texts.get(path) ?? null : null;
            return { version, from, status, sha256, text };
          }),
        })),
      });
    },
  });
}

function environments(source: MetaSource): Route {
  return route({
    path: "/v1/meta/environments",
    id: "listEnvironments",
    tag: "Metadata",
    summary: "Lists environments as configured on a day",
    description:
      "Without addresses, keys and paths. Callers without access to metrics see only the " +
      "gateway's own environment.",
    query: { as_of: AS_OF },
    answers: { 200: { schema: META_ENVIRONMENTS, example: examples.META_ENVIRONMENTS } },
    handler: async ({ query, access }) => {
      const view = await viewOn(source, query.as_of);
      const all = mayActAs(access.role, "metrics");
      const seen = (symbols: Environment["symbols"]) =>
        Object.entries(symbols)
          .filter(([symbol, { feed }]) => all || access.typesOf(feed, symbol) !== 0)
          .map(([symbol]) => symbol);
      const visible = [...view.found.environments.values()]
        .filter(({ name }) => all || name === source.env);
      return json({
        ...headOf(view),
        environments: visible.map((each) => ({
          environment: each.name,
          is_this: each.name === source.env,
          feeds: each.feeds.filter((feed) => all || access.seesFeed(feed)),
          symbols: seen(each.symbols).length,
          shards: [...symbolsByShard(each)]
            .map(([shard, symbols]) => ({ shard, symbols: seen(symbols) })),
          schema: each.schema,
          transport: each.transport.type,
          storage: each.storage.type,
          simulated: each.simulator !== undefined,
        })),
      });
    },
  });
}

function inventory({ data, archive }: MetaSource): Route {
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
      const days: ArchivedDay[] = [];
      const hidden: string[] = [];
      for (const feed of visible.feeds()) {
        if (query.feed !== undefined && feed.id !== query.feed) continue;
        if (!visible.seesAllOf(feed)) hidden.push(feed.id);
        else days.push(...await archive?.days(feed.id, span.fromUs, span.toUs) ?? []);
      }
      return json({
        from: dayOfUs(span.fromUs),
        to: dayOfUs(span.toUs - 1),
        days: days.map(dayJson),
        total: totalOf(days),
        dead_letters: await archive?.deadLetters() ?? {},
        _hints: inventoryHints(archive !== undefined, days, hidden),
      });
    },
  });
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

function inventoryHints(
  hasArchive: boolean,
  days: readonly ArchivedDay[],
  hidden: readonly string[],
): string[] {
  const hints: string[] = [];
  if (!hasArchive) hints.push("This gateway reads no archive.");
  else if (days.length === 0) hints.push("The archive has nothing of these days.");
  const open = days.filter(({ status }) => status === "open");
  if (open.length > 0) hints.push("An open day still grows: its last minutes are on their way.");
  if (hidden.length > 0) {
    hints.push(`Not shown, because this caller does not see all of it: ${hidden.join(", ")}.`);
  }
  return hints;
}
