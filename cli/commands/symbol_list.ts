import { z } from "zod";
import { ENVIRONMENT_FILTER, FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { sortedBy } from "../format.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

const SYMBOL = z.object({
  symbol: z.string(),
  env: z.string(),
  feed: z.string(),
  external: z.string().describe("The venue's name"),
  depth: z.int().nullable(),
});

export default defineCommand({
  name: "symbol list",
  brief: "List the symbols of one or all environments",
  examples: ["ssmd symbol list", "ssmd symbol list --env demo --feed kraken"],
  flags: { env: ENVIRONMENT_FILTER, feed: FEED_FILTER },
  output: z.array(SYMBOL),
  table: rowsOf("symbol"),
  async run({ flags, context }) {
    const registry = await Registry.open(context.globals);
    if (flags.feed !== undefined) registry.text("feed", flags.feed);
    const names = flags.env === undefined ? registry.names("environment") : [flags.env];
    const symbols = names.flatMap((env) =>
      Object.entries(environmentOf(registry, env).symbols)
        .filter(([, { feed }]) => flags.feed === undefined || feed === flags.feed)
        .map(([symbol, { feed, external, depth }]) => ({
          ...{ symbol, env, feed, external },
          depth: depth ?? null,
        }))
    );
    return sortedBy(symbols, "symbol");
  },
});
