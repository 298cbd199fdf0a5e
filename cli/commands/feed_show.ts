import { z } from "zod";
import { FEED_FILE, versionOn } from "@ssmd/metadata/registry_content";
import { defineCommand } from "../command/define.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { FEED_ID } from "../registry/registry_args.ts";
import { noteOrigin } from "../registry/show.ts";
import { flatRows } from "../render.ts";
import { AS_SHOWN } from "../registry/shown_file.ts";

export default defineCommand({
  name: "feed show",
  brief: "Show a feed: its version in force and all others",
  description:
    "With --as-of, reads the file as committed in git at the end of that day (UTC), and " +
    "shows the version in force then: the last one that had begun. A version is in force " +
    "until the next one begins; before the first, none is. For a day before git's first " +
    "commit, today's file is shown, with a note.",
  examples: ["ssmd feed show kraken", "ssmd feed show kalshi --as-of 2026-03-11 --output json"],
  flags: { asOf: AS_OF },
  args: [FEED_ID],
  output: FEED_FILE.extend({
    ...AS_SHOWN,
    in_force: FEED_FILE.shape.versions.element.nullable()
      .describe("Version in force on that day; null = before the first"),
  }),
  table: ({ in_force, versions, ...rest }) => ({
    rows: flatRows({
      ...rest,
      in_force: in_force ?? `none on ${rest.as_of}`,
      versions: versions.map(({ from, parser }) => `${from} ${parser}`),
    }),
  }),
  async run({ flags, args: [id], context }) {
    const { registry, day, origin } = await viewOfOne(context.globals, {
      ...{ kind: "feed", name: id, asOf: flags.asOf },
    });
    noteOrigin(context, origin);
    const feed = registry.feed(id);
    const written = z.encode(FEED_FILE, feed);
    const from = versionOn(feed, day)?.from;
    const in_force = written.versions.find((version) => version.from === from) ?? null;
    return { ...written, as_of: day, origin, in_force };
  },
});
