import { DAY_US, isoOfUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { choice, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { instantFlag, KNOWN_AT, timesOf } from "../secmaster/flags.ts";
import { MASTER_FLAGS, openMaster } from "../secmaster/open_master.ts";
import { RESOLVED, resolvedView } from "../secmaster/resolved_view.ts";

export default defineCommand({
  name: "secmaster resolve",
  brief: "Translate a feed's names into instruments over a span of time, or back",
  description:
    "Names that resolve only in part of the span are partial, those that do not resolve are " +
    "not_found. Default span: the current day.",
  examples: [
    "ssmd secmaster resolve BTC/USD ETH/USD --feed kraken",
    "ssmd secmaster resolve BTCUSD --feed kraken --by instrument --from 2026-11-01 --to 2026-12-01",
  ],
  flags: {
    ...MASTER_FLAGS,
    feed: text("Feed", { placeholder: "feed", completes: "feed", required: true }),
    by: choice(["external", "instrument"], "Kind of the names", { default: "external" }),
    from: instantFlag("Start of the span (UTC); default now"),
    to: instantFlag("End of the span, exclusive; default a day later"),
    knownAt: KNOWN_AT,
  },
  args: {
    each: text("Names of the venue, or ids", { placeholder: "name", required: true }),
    minimum: 1,
  },
  output: RESOLVED,
  table: ({ mappings, partial, not_found }) => ({
    rows: [
      ...Object.entries(mappings).flatMap(([name, spans]) =>
        spans.map((span) => ({
          ...{ name, from: span.from, to: span.to, means: span.name },
          note: partial.includes(name) ? "partial" : "",
        }))
      ),
      ...not_found.map((name) => ({ name, from: "", to: "", means: "", note: "not found" })),
    ],
  }),
  async run({ flags, args: names, context }) {
    const { asOfUs: fromUs, knownAtUs } = timesOf({
      ...(flags.from === undefined ? {} : { asOf: flags.from }),
      ...(flags.knownAt === undefined ? {} : { knownAt: flags.knownAt }),
    });
    const toUs = flags.to === undefined ? fromUs + DAY_US : timesOf({ asOf: flags.to }).asOfUs;
    if (toUs <= fromUs) {
      throw new UsageError("USAGE", `--to lies not behind ${isoOfUs(fromUs)}`, {
        hint: "The span is from inclusive to exclusive",
      });
    }
    const { feed, by } = flags;
    const master = await openMaster(context, flags);
    return resolvedView(master.resolve({ feed, names, by, fromUs, toUs, knownAtUs }));
  },
});
