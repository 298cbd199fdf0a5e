import { buildCommand, type Command } from "@stricli/core";
import { versionOn } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs, word } from "../registry/flags.ts";
import { show } from "../registry/show.ts";

/** `ssmd feed show` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [string], SsmdContext>({
  docs: docs(
    "Show a feed: its version in force, and all others",
    "With --as-of, the file as git knew it at the end of that day (UTC), and the version in force " +
      "then: the last one that had begun. It holds until the next one begins. On a day before the " +
      "first version none is in force. Before git's first commit today's file answers, with a note.",
    ["ssmd feed show kraken", "ssmd feed show kalshi --as-of 2026-03-11 --output json"],
  ),
  parameters: {
    flags: AS_OF_FLAGS,
    positional: { kind: "tuple", parameters: [word("The feed's id", "feed")] },
  },
  async func(flags, id) {
    const { registry, day, origin } = await viewOfOne("feed", id, this.globals, flags.asOf);
    const feed = registry.feed(id);
    const { versions, ...rest } = feed;
    const inForce = versionOn(feed, day);
    const value = { ...rest, asOf: day, origin, inForce: inForce ?? null, versions };
    const { versions: _, ...shown } = value;
    const others = versions.map(({ from, parser }) => `${from} ${parser}`);
    if (flags.output !== "table") return show(this, value, flags.output, origin);
    show(
      this,
      { ...shown, inForce: inForce ?? `none on ${day}`, versions: others },
      flags.output,
      origin,
    );
  },
});
