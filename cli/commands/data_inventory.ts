import { z } from "zod";
import { isoOfUs } from "@ssmd/runtime";
import { DAY_CONDITIONS, type DaySummary, usOfNsText } from "@ssmd/archive";
import type { EventType } from "@ssmd/market";
import { COUNTS_BY_TYPE } from "../archive/counts_by_type.ts";
import { defineCommand } from "../command/define.ts";
import { choice } from "../command/flag.ts";
import { namedDays } from "../data/days.ts";
import { INVENTORY_FLAGS } from "../data/inventory_flags.ts";
import { CLOCK, clockView, CONDITION } from "../data/views.ts";
import { bytesText, countText } from "../format.ts";
import type { Row } from "../render.ts";
import { terminalColumns } from "../terminal.ts";

/** Terminal width from which counts by type are shown. */
const WIDE_COLUMNS = 140;
/** Terminal width from which the layout is shown. */
const LAYOUT_COLUMNS = 90;

const FIGURES = {
  raw_bytes: z.int(),
  normalized_bytes: z.int(),
  records: z.int(),
  by_type: COUNTS_BY_TYPE,
  gaps: z.int(),
  missed: z.int().describe("Messages known to be missing"),
};

const DAY = z.object({
  feed: z.string(),
  date: z.string(),
  status: CONDITION,
  why: z.string(),
  archive_status: z.string().describe("Layout from the manifests; none = no manifest"),
  layout: z.enum(["sealed", "windows", "mixed", "none"]),
  version: z.string(),
  ...FIGURES,
  raw_files: z.int(),
  raw_frames: z.int(),
  normalized_files: z.int(),
  symbols: z.int(),
  quality: z.number().nullable().describe(
    "Share of the captured time outside gaps; null = no data",
  ),
  from: z.string().nullable().describe("ISO 8601"),
  to: z.string().nullable().describe("ISO 8601"),
  clocks: z.array(CLOCK),
});

const INVENTORY = z.object({
  env: z.string(),
  days: z.array(DAY),
  totals: z.object({ days: z.int(), ...FIGURES }),
});

type Inventory = z.output<typeof INVENTORY>;
type Day = z.output<typeof DAY>;

export default defineCommand({
  name: "data inventory",
  brief: "List archived days by feed, with sizes, counts and condition",
  description: "Days are UTC. Without --from and --to, lists a feed's first day to its last. The " +
    "figures come from the days' manifests; ssmd archive verify checks the files " +
    "themselves.\n\nstatus      available: everything captured is here, without a gap; also " +
    "a day still open, and a day without data\n            degraded: everything captured is " +
    "here, and has recorded gaps\n            partial: some captured data is known to be " +
    "missing here, or the day is over and not completed; --output json shows " +
    "why\n            expired: retention removed its records\n            missing: nothing " +
    "is archived, although the feed's calendar was open that day\nraw         bytes of the " +
    "compressed raw files; normalized: of the record files\nrecords     total; shown by type " +
    "in files, pipes and on a terminal of 140 columns\nquality     share of the captured " +
    "time, weighted by symbols, outside gaps: 1 = all; - = no data\ngaps        those " +
    "that reach into the day: ssmd data gaps lists them\nlayout      sealed: one object per " +
    "type, by market; windows: one file per type and minute; mixed; hidden on a terminal of " +
    "less than 90 columns",
  examples: [
    "ssmd data inventory --env demo",
    "ssmd data inventory --feed kraken --from 2026-08-01 --to 2026-08-08",
    "ssmd data inventory --status partial --status missing",
  ],
  flags: {
    ...INVENTORY_FLAGS,
    status: choice(DAY_CONDITIONS, "Condition; may be repeated", { repeated: true }),
  },
  output: INVENTORY,
  table: tableOf,
  async run({ flags, context }) {
    const { env, days: all } = await namedDays(context, flags);
    const days = all.filter(({ condition }) => flags.status?.includes(condition) ?? true);
    return { env, days: days.map(viewOf), totals: totalsOf(days) };
  },
});

function viewOf(day: DaySummary): Day {
  return {
    ...{ feed: day.feed, date: day.day, status: day.condition, why: day.why },
    ...{ archive_status: day.archiveStatus, layout: day.layout, version: day.version },
    ...{ raw_bytes: day.rawBytes, raw_files: day.rawFiles, raw_frames: day.rawFrames },
    ...{ normalized_bytes: day.normalizedBytes, normalized_files: day.normalizedFiles },
    ...{ records: day.records, by_type: day.byType, symbols: day.symbols },
    ...{ quality: day.quality, gaps: day.gaps.length, missed: day.missed },
    ...{ from: timeOf(day.from), to: timeOf(day.to), clocks: day.clocks.map(clockView) },
  };
}

function timeOf(ns: string): string | null {
  return ns === "" ? null : isoOfUs(usOfNsText(ns));
}

function totalsOf(days: readonly DaySummary[]): Inventory["totals"] {
  const sum = (figure: (day: DaySummary) => number) =>
    days.reduce((total, day) => total + figure(day), 0);
  const of = (type: EventType) => sum((day) => day.byType[type]);
  return {
    days: days.length,
    raw_bytes: sum((day) => day.rawBytes),
    normalized_bytes: sum((day) => day.normalizedBytes),
    records: sum((day) => day.records),
    by_type: {
      ...{ trade: of("trade"), ticker: of("ticker"), orderbook: of("orderbook") },
      ...{ status: of("status"), gap: of("gap"), fire: of("fire"), action: of("action") },
    },
    gaps: new Set(days.flatMap((day) => day.gaps)).size,
    missed: sum((day) => day.missed),
  };
}

function tableOf({ days, totals }: Inventory) {
  if (days.length === 0) return { text: "0 days\n" };
  const columnsMax = terminalColumns() ?? Infinity;
  const byType = columnsMax >= WIDE_COLUMNS;
  const rows = days.map(({ feed, date, status, quality, layout, ...day }): Row => ({
    ...{ feed, date, status, ...figuresOf(day, byType), quality, gaps: day.gaps, layout },
  }));
  const total = { feed: "total", date: countText(totals.days, "day"), status: "", quality: null };
  if (days.length > 1) {
    rows.push({ ...total, ...figuresOf(totals, byType), gaps: totals.gaps, layout: "" });
  }
  const columns = Object.keys(rows[0] ?? {})
    .filter((name) => name !== "layout" || columnsMax >= LAYOUT_COLUMNS);
  return { rows, columns };
}

type Figures = Pick<Inventory["totals"], "raw_bytes" | "normalized_bytes" | "records" | "by_type">;

function figuresOf(figures: Figures, byType: boolean): Row {
  const { trade, ticker, orderbook, status: statuses, gap } = figures.by_type;
  return {
    raw: bytesText(figures.raw_bytes),
    normalized: bytesText(figures.normalized_bytes),
    ...(byType ? { trade, ticker, orderbook, statuses, "gap records": gap } : {}),
    records: figures.records,
  };
}
