import { z } from "zod";
import { symbolsByShard } from "@ssmd/metadata";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { bytesText } from "../format.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

const SHARD = z.object({
  shard: z.string(),
  selector: z.string().describe("Selector of its symbols"),
  feeds: z.array(z.string()),
  symbols: z.int(),
  replicas: z.int().describe("Connectors per feed, of which one publishes"),
  cpu: z.number().nullable().describe("Cores; null = no limit"),
  memory: z.string().nullable().describe("null = no limit"),
});

export default defineCommand({
  name: "shard list",
  brief: "List the shards of an environment with their settings",
  description:
    "A shard is a part of the markets with one or more connectors per feed and an archiver " +
    "of its own. Each symbol belongs to the one shard whose selector it matches.",
  examples: [
    "ssmd shard list --env demo-shards",
    "ssmd shard list --env demo-shards --output json",
  ],
  flags: { env: ENVIRONMENT_REQUIRED },
  output: z.array(SHARD),
  table: rowsOf("shard"),
  async run({ flags: { env }, context }) {
    const environment = environmentOf(await Registry.open(context.globals), env);
    const { shards = {} } = environment;
    return [...symbolsByShard(environment)].map(([shard, symbols]) => {
      const { selector = {}, replicas = 1, resources: { cpu, memory } = {} } = shards[shard] ?? {};
      return {
        shard,
        selector: Object.entries(selector).map(([name, value]) => `${name}: ${value}`).join(", "),
        feeds: [...new Set(Object.values(symbols).map(({ feed }) => feed))],
        symbols: Object.keys(symbols).length,
        ...{ replicas, cpu: cpu ?? null },
        memory: memory === undefined ? null : bytesText(memory),
      };
    });
  },
});
