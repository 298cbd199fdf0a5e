import { buildCommand, type Command } from "@stricli/core";
import { isoOfUs } from "@ssmd/runtime";
import { type DaySummary, type GapSpan, joinedSpans } from "@ssmd/archive";
import { GAP_REASONS, type GapReason } from "@ssmd/market";
import type { SsmdContext } from "../context.ts";
import { namedDays } from "../data/days.ts";
import { INVENTORY_FLAGS, type InventoryFlags } from "../data/inventory_flags.ts";
import { durationText } from "../format.ts";
import { docs } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";
import { spanOf } from "../archive/time_span.ts";

interface Flags extends InventoryFlags {
  reason?: GapReason[];
  symbol?: string[];
}

/** A gap with the feed it is of. */
interface FeedGap extends GapSpan {
  feed: string;
}

/** `ssmd data gaps` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "List what is missing within archived days, and why",
    "A line is a gap: the record that opened it and the one that ended it together, also over " +
      "midnight. Times are UTC.\n\n" +
      "from      last moment known to be good; to: first moment good again, - = no end is recorded\n" +
      "lasted    the time between them\n" +
      "symbol    the market, _all = the whole feed\n" +
      "reason    disconnect: the connection broke; sequence: the venue's numbers have a hole; " +
      "checksum: the book did not have the venue's checksum; slow: we fell behind; parse: a frame " +
      "could not be read; clock: our clock jumped; subscription: ordered, and refused or never sent; " +
      "planned: the capture was stopped on purpose\n" +
      "channel   the type of record that is missing; all = every one\n" +
      "missed    messages known to be missing, - = not known\n" +
      "ended     recovered: all is right again from then on; lost: what lies between is gone, what " +
      "follows is right; open: no end is recorded\n\n" +
      "Days of which nothing is archived are no gaps: ssmd data inventory --status missing.",
    [
      "ssmd data gaps --env demo",
      "ssmd data gaps --feed kraken --date 2026-08-01 --reason disconnect",
    ],
  ),
  parameters: {
    flags: {
      ...INVENTORY_FLAGS,
      reason: {
        kind: "enum",
        values: GAP_REASONS,
        brief: "For this reason; may be repeated",
        optional: true,
        variadic: true,
      },
      symbol: {
        kind: "parsed",
        parse: String,
        brief: "Of this symbol and of the whole feed; may be repeated",
        optional: true,
        variadic: true,
        placeholder: "symbol",
      },
    },
  },
  func: runGaps,
});

async function runGaps(this: SsmdContext, flags: Flags): Promise<void> {
  const { env, days } = await namedDays(this.globals, flags);
  const { fromUs = 0, toUs = Infinity } = spanOf(flags);
  const gaps = joinedGaps(days).filter((gap) =>
    (flags.reason?.includes(gap.reason) ?? true) &&
    (flags.symbol === undefined || gap.symbol === "_all" || flags.symbol.includes(gap.symbol)) &&
    gap.fromUs < toUs && (gap.toUs ?? Infinity) >= fromUs
  );
  const value = { env, gaps: gaps.map(valueOf) };
  const text = render({ value, rows: gaps.map(rowOf), counted: "gap" }, flags.output);
  this.process.stdout.write(text);
}

/** The gaps of all days, by feed and time; one that ends on a later day is one. */
function joinedGaps(days: readonly DaySummary[]): FeedGap[] {
  const byFeed = Map.groupBy(days, (day) => day.feed);
  return [...byFeed].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([feed, some]) =>
    joinedSpans(some.flatMap((day) => day.gaps)).map((gap) => ({ ...gap, feed }))
  );
}

function endOf({ toUs, isRecovered }: FeedGap): "recovered" | "lost" | "open" {
  return toUs === undefined ? "open" : isRecovered ? "recovered" : "lost";
}

function valueOf(gap: FeedGap) {
  const { feed, symbol, reason, channel, fromUs, toUs, missed, detail } = gap;
  return {
    ...{ feed, symbol, reason, channel, from: isoOfUs(fromUs) },
    to: toUs === undefined ? null : isoOfUs(toUs),
    lastedMs: toUs === undefined ? null : Math.round((toUs - fromUs) / 1000),
    ...{ missed, ended: endOf(gap), detail },
  };
}

function rowOf(gap: FeedGap): Row {
  const { feed, symbol, reason, channel, fromUs, toUs, missed, detail } = gap;
  return {
    ...{ feed, from: isoOfUs(fromUs), to: toUs === undefined ? null : isoOfUs(toUs) },
    lasted: toUs === undefined ? null : durationText((toUs - fromUs) / 1000),
    ...{ symbol, channel, reason, missed, ended: endOf(gap), detail },
  };
}
