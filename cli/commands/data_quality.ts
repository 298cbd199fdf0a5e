import { buildCommand, type Command } from "@stricli/core";
import type { ClockShare, DaySummary } from "@ssmd/archive";
import type { SsmdContext } from "../context.ts";
import { namedDays } from "../data/days.ts";
import { INVENTORY_FLAGS, type InventoryFlags } from "../data/inventory_flags.ts";
import { durationText } from "../format.ts";
import { docs } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";

/** `ssmd data quality` */
export const command: Command<SsmdContext> = buildCommand<InventoryFlags, [], SsmdContext>({
  docs: docs(
    "Show how complete archived days are, and how well their clocks were set",
    "Days are UTC, the figures those of the days' manifests.\n\n" +
      "status     as in ssmd data inventory: available, degraded, partial, expired or missing\n" +
      "quality    share of the captured time, weighted by symbols, that lies in no gap: 1 = all; " +
      "- = nothing came\n" +
      "symbols    markets seen that day\n" +
      "gaps       spans in which something is missing; longest: the longest that has an end\n" +
      "missed     messages known to be missing; gaps that do not know count 0\n" +
      "clock      what set the clock of the capturing machine, and whether it was synchronized " +
      "(source/status); with the share of raw lines where there are several\n" +
      "offset     how far it was off at most, in microseconds, - = not known",
    [
      "ssmd data quality --env demo",
      "ssmd data quality --feed kraken --from 2026-08-01 --to 2026-08-08 --output json",
    ],
  ),
  parameters: { flags: INVENTORY_FLAGS },
  func: runQuality,
});

async function runQuality(this: SsmdContext, flags: InventoryFlags): Promise<void> {
  const { env, days } = await namedDays(this.globals, flags);
  const value = { env, days: days.map(valueOf) };
  this.process.stdout.write(render({ value, rows: days.map(rowOf), counted: "day" }, flags.output));
}

function valueOf(day: DaySummary) {
  const { feed, condition: status, why, quality, symbols, gaps, missed, clocks } = day;
  return {
    ...{ feed, date: day.day, status, why, quality, symbols, gaps: gaps.length },
    ...{ longestGapMs: longestMs(day), missed, clocks },
  };
}

function longestMs({ gaps }: DaySummary): number | null {
  const lengths = gaps.flatMap(({ fromUs, toUs }) => toUs === undefined ? [] : [toUs - fromUs]);
  return lengths.length === 0 ? null : Math.round(Math.max(...lengths) / 1000);
}

function rowOf(day: DaySummary): Row {
  const { feed, condition: status, quality, symbols, gaps, missed, clocks } = day;
  const longest = longestMs(day);
  const offsets = clocks.flatMap(({ offsetUsMax }) => offsetUsMax === null ? [] : [offsetUsMax]);
  return {
    ...{ feed, date: day.day, status, quality, symbols, gaps: gaps.length },
    longest: longest === null ? null : durationText(longest),
    ...{ missed, clock: clockText(clocks) },
    "offset us": offsets.length === 0 ? null : Math.max(...offsets),
  };
}

function clockText(clocks: readonly ClockShare[]): string {
  const lines = clocks.reduce((total, clock) => total + clock.lines, 0);
  return clocks.map(({ source, status, lines: own }) => {
    const share = clocks.length === 1 ? "" : ` ${Math.round(100 * own / Math.max(1, lines))}%`;
    return `${source}/${status}${share}`;
  }).join(", ");
}
