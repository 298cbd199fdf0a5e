import { z } from "zod";
import { versionOn } from "@ssmd/metadata/registry_content";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { viewOn } from "../registry/as_of.ts";
import { noteOrigin } from "../registry/show.ts";

const FEED = z.object({
  feed: z.string(),
  name: z.string(),
  type: z.string(),
  status: z.string(),
  since: z.string().nullable().describe(
    "First day of the version in force; null = before the first",
  ),
  parser: z.string().nullable(),
  sequenced: z.boolean().nullable(),
  auth: z.string().nullable(),
  environments: z.int(),
});

/** What counts environments: the rest of their files takes longer to check than all else here. */
const FEEDS_IN_USE = z.object({ feeds: z.array(z.string()) });

export default defineCommand({
  name: "feed list",
  brief: "List feeds with their versions in force",
  examples: ["ssmd feed list", "ssmd feed list --as-of 2026-03-11"],
  flags: { asOf: AS_OF },
  output: z.array(FEED),
  table: rowsOf("feed"),
  async run({ flags, context }) {
    const { registry, day, origin } = await viewOn(context.globals, flags.asOf);
    noteOrigin(context, origin);
    const environments = registry.all("environment", FEEDS_IN_USE);
    return registry.names("feed").map((id) => {
      const feed = registry.feed(id);
      const version = versionOn(feed, day);
      return {
        ...{ feed: id, name: feed.display_name, type: feed.type, status: feed.status },
        since: version?.from ?? null,
        parser: version?.parser ?? null,
        sequenced: version?.sequenced ?? null,
        auth: version?.auth.method ?? null,
        environments: environments.filter(({ feeds }) => feeds.includes(id)).length,
      };
    });
  },
});
