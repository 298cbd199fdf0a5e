import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { viewOn } from "../registry/as_of.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs } from "../registry/flags.ts";
import { showList } from "../registry/show.ts";

/** `ssmd env list` */
export const command: Command<CommandContext> = buildCommand<AsOfFlags, [], CommandContext>({
  docs: docs("List the environments", "", ["ssmd env list", "ssmd env list --output json"]),
  parameters: { flags: AS_OF_FLAGS },
  async func(flags) {
    const { registry, origin } = await viewOn(flags.dir, flags.asOf);
    const rows = registry.names("environment").map((name) => {
      const env = registry.environment(name);
      return {
        env: name,
        feeds: env.feeds.join(","),
        symbols: Object.keys(env.symbols).length,
        schema: env.schema,
        transport: env.transport.type,
        storage: env.storage.type,
        simulated: env.simulator !== undefined,
        keys: Object.keys(env.keys).length,
        gateway: env.gateway.port,
      };
    });
    showList(this.process, rows, ["environment", "environments"], flags.output);
    if (origin.note !== undefined) this.process.stderr.write(`note: ${origin.note}\n`);
  },
});
