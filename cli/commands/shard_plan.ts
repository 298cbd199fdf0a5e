import { z } from "zod";
import { registryPathOf, shardMoves, textIn } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "shard plan",
  brief: "Show which symbols an edited environment file moves to another shard",
  description: "Compares the file with the last commit. Changes nothing.",
  examples: [
    "ssmd shard plan --env demo-shards",
    "ssmd shard plan --env demo-shards --output json",
  ],
  flags: { env: ENVIRONMENT_REQUIRED },
  output: z.array(z.object({
    symbol: z.string(),
    from: z.string().nullable().describe("null = in no shard: the symbol is new"),
    to: z.string().nullable().describe("null = in no shard: the symbol is removed"),
  })),
  table: rowsOf("move"),
  async run({ flags: { env }, context }) {
    const registry = await Registry.open(context.globals);
    const after = environmentOf(registry, env);
    const path = registryPathOf({ kind: "environment", name: env });
    const text = await textIn(registry.dir, "HEAD", path);
    if (text === undefined) {
      throw new ConfigError("CONFIG_NOT_FOUND", `Environment ${env} is in no commit yet`, {
        hint: "Commit it first: ssmd commit",
      });
    }
    const before = new Registry(registry.dir, new Map(registry.texts).set(path, text));
    return shardMoves(environmentOf(before, env), after);
  },
});
