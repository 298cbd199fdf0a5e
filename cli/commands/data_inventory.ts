import { buildCommand, type Command } from "@stricli/core";
import { isoOfUs } from "@ssmd/runtime";
import { DAY_CONDITIONS, type DayCondition, type DaySummary, usOfNsText } from "@ssmd/archive";
import { EVENT_TYPES } from "@ssmd/market";
import type { SsmdContext } from "../context.ts";
import { namedDays } from "../data/days.ts";
import { INVENTORY_FLAGS, type InventoryFlags } from "../data/inventory_flags.ts";
import { bytesText } from "../format.ts";
import { docs } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";
import { terminalColumns } from "../terminal.ts";

interface Flags extends InventoryFlags {
  status?: DayCondition[];
}

/** Columns of a terminal that has room for the counts by type. */
const WIDE_COLUMNS = 140;
/** Columns of one that has room for the layout. */
const LAYOUT_COLUMNS = 90;

/** `ssmd data inventory` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "List what is archived: days by feed, sizes, counts, condition",
    "Days are UTC. Without --from and --to a feed's first day to its last. The figures are those of " +
      "the days' manifests; ssmd archive verify recounts the files themselves.\n\n" +
      "status      available: all that was captured is here, without a gap; a day that goes on as " +
      "far as it has come, and a day on which nothing came: empty is not missing\n" +
      "            degraded: all that was captured is here, gaps are recorded within it\n" +
      "            partial: something that was captured is known not to be here, or the day is over " +
      "and not completed; --output json says why\n" +
      "            expired: retention removed its records, whole and on purpose\n" +
      "            missing: nothing is archived, and the feed's calendar has it open that day\n" +
      "raw         bytes of the compressed raw files; normalized: of the record files\n" +
      "records     in all; a terminal of 140 columns, files and pipes show them by type\n" +
      "quality     share of the captured time, weighted by symbols, that lies in no gap: 1 = all; " +
      "- = nothing came\n" +
      "gaps        spans in which something is missing: ssmd data gaps lists them\n" +
      "layout      sealed: one object a type, by market; windows: a file a type and minute; mixed; not on a terminal of less than 90 columns",
    [
      "ssmd data inventory --env demo",
      "ssmd data inventory --feed kraken --from 2026-08-01 --to 2026-08-08",
      "ssmd data inventory --status partial --status missing",
    ],
  ),
  parameters: {
    flags: {
      ...INVENTORY_FLAGS,
      status: {
        kind: "enum",
        values: DAY_CONDITIONS,
        brief: "Days in this condition; may be repeated",
        optional: true,
        variadic: true,
      },
    },
  },
  func: runInventory,
});

async function runInventory(this: SsmdContext, flags: Flags): Promise<void> {
  const { env, days: all } = await namedDays(this.globals, flags);
  const days = all.filter(({ condition }) => flags.status?.includes(condition) ?? true);
  const byType = (terminalColumns() ?? Infinity) >= WIDE_COLUMNS;
  const rows = days.map((day) => rowOf(day, byType));
  if (days.length > 1) rows.push(totalRow(days, byType));
  const value = { env, days: days.map(valueOf), totals: totalsOf(days) };
  const columns = (terminalColumns() ?? Infinity) >= LAYOUT_COLUMNS
    ? undefined
    : Object.keys(rows[0] ?? {}).filter((name) => name !== "layout");
  const text = render({ value, rows, ...(columns && { columns }) }, flags.output);
  const none = flags.output === "table" && days.length === 0;
  this.process.stdout.write(none ? "0 days\n" : text);
}

function valueOf(day: DaySummary) {
  const { condition, gaps, byType, from, to, ...figures } = day;
  return {
    ...{ feed: figures.feed, date: figures.day, status: condition, why: figures.why },
    ...{ archiveStatus: figures.archiveStatus, layout: figures.layout, version: figures.version },
    ...{ rawBytes: figures.rawBytes, rawFiles: figures.rawFiles, rawFrames: figures.rawFrames },
    ...{ normalizedBytes: figures.normalizedBytes, normalizedFiles: figures.normalizedFiles },
    ...{ records: figures.records, byType, symbols: figures.symbols },
    ...{ quality: figures.quality, gaps: gaps.length, missed: figures.missed },
    ...{ from: timeOf(from), to: timeOf(to), clocks: figures.clocks },
  };
}

function timeOf(ns: string): string | null {
  return ns === "" ? null : isoOfUs(usOfNsText(ns));
}

function rowOf(day: DaySummary, byType: boolean): Row {
  return {
    ...{ feed: day.feed, date: day.day, status: day.condition },
    raw: bytesText(day.rawBytes),
    normalized: bytesText(day.normalizedBytes),
    ...(byType ? typeColumns(day.byType) : {}),
    ...{ records: day.records, quality: day.quality, gaps: day.gaps.length, layout: day.layout },
  };
}

function typeColumns(counts: DaySummary["byType"]): Row {
  const { trade, ticker, orderbook, status: statuses, gap } = counts;
  return { trade, ticker, orderbook, statuses, "gap records": gap };
}

function totalsOf(days: readonly DaySummary[]) {
  const sum = (figure: (day: DaySummary) => number) =>
    days.reduce((total, day) => total + figure(day), 0);
  return {
    days: days.length,
    rawBytes: sum((day) => day.rawBytes),
    normalizedBytes: sum((day) => day.normalizedBytes),
    records: sum((day) => day.records),
    byType: Object.fromEntries(EVENT_TYPES.map((type) => [type, sum((day) => day.byType[type])])),
    gaps: sum((day) => day.gaps.length),
    missed: sum((day) => day.missed),
  };
}

function totalRow(days: readonly DaySummary[], byType: boolean): Row {
  const totals = totalsOf(days);
  return {
    ...{ feed: "total", date: `${totals.days} days`, status: "" },
    raw: bytesText(totals.rawBytes),
    normalized: bytesText(totals.normalizedBytes),
    ...(byType ? typeColumns(totals.byType as DaySummary["byType"]) : {}),
    ...{ records: totals.records, quality: null, gaps: totals.gaps, layout: "" },
  };
}
