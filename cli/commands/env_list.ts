import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { viewOn } from "../registry/as_of.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs } from "../registry/flags.ts";
import { noteOrigin, showList } from "../registry/show.ts";

/** `ssmd env list` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [], SsmdContext>({
  docs: docs("List the environments", "", ["ssmd env list", "ssmd env list --output json"]),
  parameters: { flags: AS_OF_FLAGS },
  async func(flags) {
    const { registry, origin } = await viewOn(this.globals, flags.asOf);
    const rows = registry.names("environment").map((name) => {
      const env = registry.environment(name);
      return {
        env: name,
        feeds: env.feeds,
        symbols: Object.keys(env.symbols).length,
        schema: env.schema,
        transport: env.transport.type,
        storage: env.storage.type,
        simulated: env.simulator !== undefined,
        keys: Object.keys(env.keys).length,
        gateway: env.gateway.port,
      };
    });
    const shown = rows.map((row) => ({ ...row, feeds: row.feeds.join(", ") }));
    showList(this, shown, ["environment", "environments"], flags.output, rows);
    noteOrigin(this, origin);
  },
});
