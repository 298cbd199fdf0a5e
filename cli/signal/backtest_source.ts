import { type DaySummary, inventory, type InventoryQuery } from "@ssmd/archive";
import { loadSharedDeployment } from "@ssmd/metadata";
import { ArchiveError, nowUs } from "@ssmd/runtime";
import { archivedRecords, BusHistory, type RecordSource } from "@ssmd/signals";
import type { Storage } from "@ssmd/storage";
import { openTransport } from "@ssmd/transport";
import type { z } from "zod";
import { withArchive } from "../archive/with_archive.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { registryDirOf } from "../registry_dir.ts";
import type { BACKTEST } from "./backtest_view.ts";

/** Values of `--source` of a backtest. */
export const SOURCES = ["archive", "bus"] as const;

type Days = z.input<typeof BACKTEST>["data"];
type Span = Omit<InventoryQuery, "env" | "nowUs" | "feeds">;

/** Record source of a backtest. */
export interface BacktestSource {
  env: string;
  records: RecordSource;
  /** True when earlier records existed but are not available. */
  isCut: boolean;
  /** Whether records of before a time were ever archived, be they expired by now. */
  hasEarlier(untilUs: number): Promise<boolean>;
  /** Condition of the days that were read. */
  days(feeds: readonly string[], span: Span): Promise<Days>;
}

interface SourceFlags {
  source: (typeof SOURCES)[number];
  data?: string;
  env?: string;
}

/** Opens the source of `--source` for `body` and closes it. Throws UsageError and the errors of archive or bus. */
export async function withSource<T>(
  context: SsmdContext,
  flags: SourceFlags,
  body: (source: BacktestSource) => Promise<T>,
): Promise<T> {
  if (flags.source === "bus") return await withBus(context, flags, body);
  return await withArchive(context, flags, ({ storage, env }) =>
    body({
      ...{ env, records: archivedRecords(storage), isCut: false },
      hasEarlier: async (toUs) =>
        (await inventory(storage, { env, toUs, nowUs: nowUs() }))
          .some(({ condition }) => condition !== "missing"),
      days: (feeds, span) => archivedDays(storage, feeds, { ...span, env, nowUs: nowUs() }),
    }));
}

async function withBus<T>(
  { globals }: SsmdContext,
  { env, data }: SourceFlags,
  body: (source: BacktestSource) => Promise<T>,
): Promise<T> {
  if (env === undefined || data !== undefined) {
    throw new UsageError("BACKTEST_BUS", "--source bus needs --env, and no --data", {
      hint: "The bus is that of an environment",
    });
  }
  const registryDir = await registryDirOf(globals);
  const { transport } = await loadSharedDeployment({ env, registryDir, signsInto: () => [] });
  const bus = await openTransport(transport, { env });
  try {
    const history = await BusHistory.open(bus);
    const { records, isCut } = history;
    const hasEarlier = () => Promise.resolve(true);
    return await body({
      env,
      records,
      isCut,
      hasEarlier,
      days: () => Promise.resolve(busDays(history)),
    });
  } finally {
    await bus.close();
  }
}

function busDays({ days, isCut, state: { firstSequence, lastSequence } }: BusHistory): Days {
  const why = `The bus holds messages ${firstSequence} to ${lastSequence}` +
    (isCut ? "; what came before is in the archive only." : ", all that it ever had.");
  return days.map(({ feed, day, gaps }) => ({
    ...{ feed, day, version: "bus", why, gaps },
    condition: isCut ? "partial" : gaps > 0 ? "degraded" : "available",
  }));
}

/** Archived days of the feeds; a feed without an archive has none. */
async function archivedDays(
  storage: Storage,
  feeds: readonly string[],
  query: Omit<InventoryQuery, "feeds">,
): Promise<Days> {
  const days: DaySummary[] = [];
  for (const feed of feeds) {
    try {
      days.push(...await inventory(storage, { ...query, feeds: [feed] }));
    } catch (error) {
      if (!(error instanceof ArchiveError) || error.code !== "ARCHIVE_NOT_FOUND") throw error;
    }
  }
  return days.map(({ feed, day, version, condition, why, gaps }) => ({
    ...{ feed, day, version, condition, why, gaps: gaps.length },
  }));
}
