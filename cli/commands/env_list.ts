import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { viewOn } from "../registry/as_of.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { noteOrigin } from "../registry/show.ts";

const ENVIRONMENT = z.object({
  env: z.string(),
  feeds: z.array(z.string()),
  symbols: z.int(),
  schema: z.string(),
  transport: z.string(),
  storage: z.string(),
  simulated: z.boolean(),
  keys: z.int(),
  gateway: z.int().describe("Port"),
});

export default defineCommand({
  name: "env list",
  brief: "List the environments",
  examples: ["ssmd env list", "ssmd env list --output json"],
  flags: { asOf: AS_OF },
  output: z.array(ENVIRONMENT),
  table: rowsOf("environment"),
  async run({ flags, context }) {
    const { registry, origin } = await viewOn(context.globals, flags.asOf);
    noteOrigin(context, origin);
    return registry.names("environment").map((name) => {
      const env = environmentOf(registry, name);
      return {
        env: name,
        feeds: [...env.feeds],
        symbols: Object.keys(env.symbols).length,
        schema: env.schema,
        transport: env.transport.type,
        storage: env.storage.type,
        simulated: env.simulator !== undefined,
        keys: Object.keys(env.keys).length,
        gateway: env.gateway.port,
      };
    });
  },
});
