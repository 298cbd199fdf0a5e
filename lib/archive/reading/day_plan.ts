import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { isSealedDay, type ManifestFile } from "../manifest.ts";
import { usOfNsText } from "../raw_line.ts";
import { isGone, openSealed, wantedPages } from "../sealed_reader.ts";
import type { ArchiveQuery } from "./archive_query.ts";
import type { ArchivedDay } from "./archived_days.ts";
import type { Block } from "./block.ts";
import { loadClockFilter } from "./clock_filter.ts";
import { type DayPart, dayParts } from "./day_parts.ts";
import { RecordFilter } from "./record_filter.ts";
import { frontUnit, sealedUnits } from "./sealed_unit.ts";
import type { Unit } from "./unit.ts";
import { windowUnit } from "./window_unit.ts";

/** Attempts to open an index before giving up on a file that is repeatedly resealed. */
const OPEN_TRIES = 5;

/** What to read for a day. */
export interface DayPlan {
  parts: DayPart[];
  units: Unit[];
}

/** Input of {@linkcode planDay}. */
export interface DayPlanOptions {
  storage: Storage;
  query: ArchiveQuery;
  archived: ArchivedDay;
  /** Range of receivedAt, µs; `toUs` is exclusive. */
  fromUs: number;
  toUs: number;
  bytesMax: number;
}

/** Reads a day's manifests and the indexes of its sealed files. Throws ArchiveError, StorageError. */
export async function planDay(options: DayPlanOptions): Promise<DayPlan> {
  for (let tries = 1;; tries++) {
    const parts = await partsOf(options);
    const files = parts.flatMap((part) => part.files).filter((file) => isWanted(file, options));
    const filter = await filterOf(options);
    try {
      const units = await Promise.all(files.map((file) => unitsOf(file, filter, options)));
      return { parts, units: units.flat() };
    } catch (error) {
      // The file was resealed after the manifest was read.
      if (!isGone(error) || tries === OPEN_TRIES) throw error;
    }
  }
}

/** Loads what the day's manifests list now. */
export async function partsOf(
  { storage, query, archived }: Pick<DayPlanOptions, "storage" | "query" | "archived">,
): Promise<DayPart[]> {
  return await dayParts(storage, query, archived);
}

function isWanted({ count, from, to }: ManifestFile, { fromUs, toUs }: DayPlanOptions): boolean {
  return count > 0 && usOfNsText(from) < toUs && usOfNsText(to) >= fromUs;
}

async function filterOf(options: DayPlanOptions): Promise<RecordFilter> {
  const { storage, query, archived, fromUs, toUs } = options;
  const { env, feed, symbols, clock } = query;
  const dayId = { env, feed, day: archived.day };
  return new RecordFilter({
    ...{ symbols: symbols && new Set(symbols), fromUs, toUs },
    clock: clock && await loadClockFilter(storage, dayId, clock),
  });
}

async function unitsOf(
  file: ManifestFile,
  filter: RecordFilter,
  options: DayPlanOptions,
): Promise<Unit[]> {
  const { storage, bytesMax, fromUs, toUs } = options;
  if (!isSealedDay(file)) return [windowUnit(storage, file, filter)];
  try {
    const day = await openSealed(storage, file);
    const wanted = await wantedPages(day, { symbols: filter.symbols, fromUs, toUs });
    const units = sealedUnits({ day, file, filter, wanted, bytesMax });
    const rows = wanted.flatMap(({ pages }) => pages).reduce((sum, page) => sum + page.rows, 0);
    return rows < file.count ? units : [frontUnit(storage, file), ...units];
  } catch (error) {
    if (error instanceof ArchiveError) return [corruptUnit(file, error)];
    throw error;
  }
}

/** Reports a sealed day with an unreadable index at the time of its first record. */
function corruptUnit(file: ManifestFile, error: ArchiveError): Unit {
  const { key, sha256, count } = file;
  const fromUs = usOfNsText(file.from);
  const toUs = usOfNsText(file.to);
  const corruption = { error, key, atUs: fromUs, toUs, missed: count };
  const block: Block = { fromUs, open: () => ({ corruption }) };
  return { fromUs, toUs, bytes: 0, key, sha256, count, fetch: () => Promise.resolve([block]) };
}
