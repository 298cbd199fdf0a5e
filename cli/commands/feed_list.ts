import { buildCommand, type Command } from "@stricli/core";
import { versionOn } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { viewOn } from "../registry/as_of.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs } from "../registry/flags.ts";
import { noteOrigin, showList } from "../registry/show.ts";

/** `ssmd feed list` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [], SsmdContext>({
  docs: docs("List the feeds and the version of each that is in force", "", [
    "ssmd feed list",
    "ssmd feed list --as-of 2026-03-11",
  ]),
  parameters: { flags: AS_OF_FLAGS },
  async func(flags) {
    const { registry, day, origin } = await viewOn(this.globals, flags.asOf);
    const environments = [...registry.check().environments.values()];
    const rows = registry.names("feed").map((id) => {
      const feed = registry.feed(id);
      const version = versionOn(feed, day);
      return {
        feed: id,
        name: feed.displayName,
        type: feed.type,
        status: feed.status,
        since: version?.from ?? null,
        parser: version?.parser ?? null,
        sequenced: version?.sequenced ?? null,
        auth: version?.auth.method ?? null,
        environments: environments.filter(({ feeds }) => feeds.includes(id)).length,
      };
    });
    showList(this, rows, ["feed", "feeds"], flags.output);
    noteOrigin(this, origin);
  },
});
