import { z } from "zod";
import { symbolsByShard } from "@ssmd/metadata";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { bytesText } from "../format.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

const SHOWN = z.object({
  shard: z.string(),
  selector: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe("Selector of its symbols"),
  replicas: z.int().describe("Connectors per feed, of which one publishes"),
  cpu: z.number().nullable().describe("Cores; null = no limit"),
  memory: z.string().nullable().describe("null = no limit"),
  feeds: z.record(z.string(), z.array(z.string())).describe("Feed → its symbols"),
});

export default defineCommand({
  name: "shard show",
  brief: "Show a shard: its selector, limits and symbols by feed",
  examples: ["ssmd shard show tier2 --env demo-shards"],
  flags: { env: ENVIRONMENT_REQUIRED },
  args: [text("Name of the shard", { placeholder: "shard", required: true })],
  output: SHOWN,
  async run({ flags: { env }, args: [shard], context }) {
    const registry = await Registry.open(context.globals);
    const environment = environmentOf(registry, env);
    const spec = environment.shards?.[shard];
    if (spec === undefined) {
      throw registry.unknown("shard", shard, Object.keys(environment.shards ?? {}));
    }
    const { selector, replicas = 1, resources: { cpu, memory } = {} } = spec;
    const own = Object.entries(symbolsByShard(environment).get(shard) ?? {});
    const byFeed = Map.groupBy(own, ([, { feed }]) => feed);
    return {
      ...{ shard, selector, replicas, cpu: cpu ?? null },
      memory: memory === undefined ? null : bytesText(memory),
      feeds: Object.fromEntries([...byFeed].map(([feed, pairs]) => [
        feed,
        pairs.map(([symbol]) => symbol),
      ])),
    };
  },
});
