import { buildCommand, type Command } from "@stricli/core";
import { ENV_FILTER_FLAG } from "../flags.ts";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, textFlag } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { showList } from "../registry/show.ts";

interface Flags extends RegistryFlags {
  env?: string;
  feed?: string;
}

/** `ssmd symbol list` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs("List the symbols of all environments, or of one", "", [
    "ssmd symbol list",
    "ssmd symbol list --env demo --feed kraken",
  ]),
  parameters: {
    flags: {
      ...REGISTRY_FLAGS,
      env: ENV_FILTER_FLAG,
      feed: textFlag("One feed only", "feed"),
    },
  },
  async func(flags) {
    const registry = await Registry.open(this.globals);
    if (flags.feed !== undefined) registry.text("feed", flags.feed);
    const names = flags.env === undefined ? registry.names("environment") : [flags.env];
    const rows = names.flatMap((env) =>
      Object.entries(registry.environment(env).symbols)
        .filter(([, { feed }]) => flags.feed === undefined || feed === flags.feed)
        .map(([symbol, { feed, external, tier, depth }]) => ({
          ...{ symbol, env, feed, external },
          tier: tier ?? null,
          depth: depth ?? null,
        }))
    );
    rows.sort((a, b) => a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0);
    showList(this, rows, ["symbol", "symbols"], flags.output);
  },
});
