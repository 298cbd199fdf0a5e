import { z } from "zod";
import { symbolsByShard } from "@ssmd/metadata";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { sortedBy } from "../format.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "shard symbols",
  brief: "List the symbols of one or all shards of an environment",
  examples: ["ssmd shard symbols --env demo-shards", "ssmd shard symbols tier1 --env demo-shards"],
  flags: { env: ENVIRONMENT_REQUIRED },
  args: [text("Only this shard", { placeholder: "shard" })],
  output: z.array(z.object({
    symbol: z.string(),
    shard: z.string(),
    feed: z.string(),
    external: z.string().describe("The venue's name"),
  })),
  table: rowsOf("symbol"),
  async run({ flags, args: [only], context }) {
    const registry = await Registry.open(context.globals);
    const byShard = symbolsByShard(environmentOf(registry, flags.env));
    if (only !== undefined && !byShard.has(only)) {
      throw registry.unknown("shard", only, [...byShard.keys()]);
    }
    const rows = [...byShard].filter(([shard]) => only === undefined || shard === only)
      .flatMap(([shard, symbols]) =>
        Object.entries(symbols).map(([symbol, { feed, external }]) => ({
          ...{ symbol, shard, feed, external },
        }))
      );
    return sortedBy(rows, "symbol");
  },
});
