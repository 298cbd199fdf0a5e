import {
  type Environment,
  registryPathOf,
  schemaVersionOn,
  symbolsByShard,
  versionOn,
} from "@ssmd/metadata";
import { messageOf, SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { mayActAs } from "../../access/role.ts";
import type { ArchiveSource } from "../../history/archive_source.ts";
import type { RegistrySource, RegistryView } from "../../meta/registry_source.ts";
import type { MarketData } from "../../state/market_data.ts";
import { Problem } from "../../http/problem.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import * as examples from "../schemas/meta_examples.ts";
import { AS_OF, META_ENVIRONMENTS, META_FEEDS, META_SCHEMAS } from "../schemas/meta.ts";
import { inventoryRoute } from "./inventory.ts";

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
  return [feeds(source), schemas(source), environments(source), inventoryRoute(source)];
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
