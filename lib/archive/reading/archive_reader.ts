import { ArchiveError, DAY_US, messageOf } from "@ssmd/runtime";
import { ALL_SYMBOLS, type Gap, lostGap, type MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { usOfDay } from "../paths.ts";
import { isGone } from "../sealed_reader.ts";
import { type ArchivedDay, archivedDays, assertKnown } from "./archived_days.ts";
import { type ArchiveQuery, type ArchiveReadOptions, assertQuery } from "./archive_query.ts";
import type { Corruption } from "./block.ts";
import type { DayPart } from "./day_parts.ts";
import { type DayPlan, type DayPlanOptions, partsOf, planDay } from "./day_plan.ts";
import { Merge } from "./merge.ts";
import { ReadAhead, type ReadAheadOptions } from "./read_ahead.ts";
import type { Unit } from "./unit.ts";

const BATCH_RECORDS = 1024;
const READ_AHEAD_BYTES = 32 * 1024 * 1024;
const REQUESTS = 8;
/** Age after which a day's plan is rebuilt before reading, as the day may have grown. */
const PLAN_MS_MAX = 5_000;

/**
 * Reads the records of a feed ordered by receivedAt, then sequence (ties by symbol, type and
 * bytes), from open windows and sealed days, in batches of up to 1,024. Skips days without records.
 * Memory is bounded by the read-ahead and by the number of files that overlap in time, not by the
 * span. Each day's manifest is read when the day is due; if its files are sealed meanwhile, reading
 * continues in the files that replaced them, without loss or duplicates.
 *
 * Throws ArchiveError `QUERY_INVALID`, `ARCHIVE_NOT_FOUND` (no such environment, feed or version),
 * `MANIFEST_DAMAGED`, `DAY_REMOVED`, `FILE_MISSING`, and `ARCHIVE_DAMAGED` with key and offset; the
 * last three only after everything before it. Throws StorageError when storage is unavailable.
 */
export async function* readArchive(
  storage: Storage,
  query: ArchiveQuery,
  options: ArchiveReadOptions = {},
): AsyncGenerator<readonly MarketEvent[], void> {
  assertQuery(query);
  const days = await archivedDays(storage, query);
  let coming: DayReader | undefined;
  let isKnown = false;
  try {
    for (let i = 0; i < days.length; i++) {
      const reader = coming ??
        new DayReader(storage, query, { archived: days[i] as ArchivedDay, options });
      const after = days[i + 1];
      // Plan the next day now, so its manifest and indexes are ready when this day ends.
      coming = after && new DayReader(storage, query, { archived: after, options });
      yield* reader.records();
      isKnown ||= reader.isArchived;
    }
    if (!isKnown) await assertKnown(storage, query);
  } finally {
    await coming?.planned();
  }
}

/** Reads one day. */
class DayReader {
  #plan: Promise<{ plan: DayPlan } | { error: unknown }>;
  #options: DayPlanOptions;
  #readAhead: ReadAheadOptions;
  #onCorruption: ArchiveReadOptions["onCorruption"];
  #plannedAtMs = 0;
  /** Whether the day has a manifest; known after it was read. */
  isArchived = false;

  /** Starts planning. */
  constructor(
    storage: Storage,
    query: ArchiveQuery,
    { archived, options }: { archived: ArchivedDay; options: ArchiveReadOptions },
  ) {
    const bytesMax = options.readAheadBytesMax ?? READ_AHEAD_BYTES;
    const startUs = usOfDay(archived.day);
    const fromUs = Math.max(startUs, query.fromUs ?? 0);
    const toUs = Math.min(startUs + DAY_US, query.toUs ?? Infinity);
    this.#options = { storage, query, archived, fromUs, toUs, bytesMax };
    this.#readAhead = { bytesMax, requestsMax: options.requestsMax ?? REQUESTS };
    this.#onCorruption = options.onCorruption;
    this.#plan = this.#planned();
  }

  /** Resolves when no planning is in progress. */
  async planned(): Promise<void> {
    await this.#plan;
  }

  async #planned(): Promise<{ plan: DayPlan } | { error: unknown }> {
    this.#plannedAtMs = performance.now();
    try {
      return { plan: await planDay(this.#options) };
    } catch (error) {
      return { error };
    }
  }

  /** Yields the day's records; see {@linkcode readArchive}. */
  async *records(): AsyncGenerator<readonly MarketEvent[], void> {
    let before: DayPart[] = [];
    await this.#plan;
    if (performance.now() - this.#plannedAtMs > PLAN_MS_MAX) this.#plan = this.#planned();
    for (;;) {
      const planned = await this.#plan;
      if ("error" in planned) {
        if (!(planned.error instanceof ArchiveError)) throw planned.error;
        this.isArchived = true;
        yield* this.#lost(this.#dayCorruption(planned.error));
        return;
      }
      const { parts } = planned.plan;
      this.isArchived ||= parts.length > 0;
      if (isRemoved(before, parts)) {
        const { query: { env, feed }, archived } = this.#options;
        const error = dayRemoved({ env, feed, ...archived });
        return yield* this.#lost(this.#dayCorruption(error));
      }
      before = parts;
      const changedUs = yield* this.#planRecords(planned.plan);
      if (changedUs === undefined) return;
      this.#options = { ...this.#options, fromUs: changedUs };
      this.#plan = this.#planned();
    }
  }

  /** Returns where to continue with a new plan after files were replaced, µs; else undefined. */
  async *#planRecords(
    { units }: DayPlan,
  ): AsyncGenerator<readonly MarketEvent[], number | undefined> {
    const ahead = new ReadAhead(units, this.#readAhead);
    const merge = new Merge();
    try {
      for (let unit = ahead.next; unit !== undefined || !merge.isEmpty; unit = ahead.next) {
        const untilUs = unit?.fromUs ?? Infinity;
        for (let more = true; more;) {
          const batch: MarketEvent[] = [];
          const found = merge.take(batch, BATCH_RECORDS, untilUs);
          if (batch.length > 0) yield batch;
          if (typeof found === "boolean") more = found;
          else if (await this.#isReplaced(found.key, units)) return found.atUs;
          else yield* this.#lost(found);
        }
        if (unit === undefined) continue;
        try {
          merge.add(await ahead.take());
        } catch (error) {
          if (!isGone(error)) throw error;
          if (await this.#isReplaced(unit.key, units)) return unit.fromUs;
          yield* this.#lost(fileMissing(unit, error));
        }
      }
    } finally {
      await ahead.close();
    }
  }

  /** Returns whether the manifest no longer lists the file, or lists other bytes under its key. */
  async #isReplaced(key: string, units: readonly Unit[]): Promise<boolean> {
    const known = units.find((unit) => unit.key === key);
    const files = (await partsOf(this.#options)).flatMap((part) => part.files);
    return files.find((file) => file.key === key)?.sha256 !== known?.sha256;
  }

  *#lost(corruption: Corruption): Generator<readonly MarketEvent[]> {
    if (this.#onCorruption === undefined) throw corruption.error;
    const { query } = this.#options;
    const gap = gapOf(corruption, query.feed);
    this.#onCorruption({ error: corruption.error, gap });
    if (query.types === undefined || query.types.includes("gap")) yield [gap];
  }

  #dayCorruption(error: ArchiveError): Corruption {
    const { fromUs: atUs, toUs } = this.#options;
    return { error, key: String(error.context["key"] ?? ""), atUs, toUs: toUs - 1, missed: null };
  }
}

/** Returns the error for a day whose records were removed before they were read. */
export function dayRemoved(removed: ArchivedDay & { env: string; feed: string }): ArchiveError {
  const { feed, day } = removed;
  return new ArchiveError("DAY_REMOVED", `${feed} ${day} was removed while it was read`, {
    hint: "Read without that day, or keep days longer: retention in the environment's file",
    context: { ...removed },
  });
}

/** Whether a version that had files has none now: sealing replaces files, and leaves some. */
function isRemoved(before: readonly DayPart[], now: readonly DayPart[]): boolean {
  const filled = (parts: readonly DayPart[]) =>
    parts.filter(({ files }) => files.length > 0).map(({ version }) => version);
  const left = new Set(filled(now));
  return filled(before).some((version) => !left.has(version));
}

/** Converts a corruption to a gap record, timed at the last moment that was read. */
function gapOf({ error, atUs, toUs, missed }: Corruption, feed: string): Gap {
  const gap = lostGap({
    feed,
    symbol: ALL_SYMBOLS,
    reason: "checksum",
    fromUs: atUs,
    atUs: Math.max(atUs, toUs),
    missed,
    detail: `The archive cannot be read whole: ${error.message}`,
  });
  return { ...gap, receivedAtUs: atUs };
}

function fileMissing({ key, fromUs, toUs, count }: Unit, cause: unknown): Corruption {
  const error = new ArchiveError(
    "FILE_MISSING",
    `${key} is in its manifest but not in storage: ${messageOf(cause)}`,
    {
      hint: "Restore the file from a copy, or derive the day again from raw and seal it",
      context: { key },
      cause,
    },
  );
  return { error, key, atUs: fromUs, toUs, missed: count };
}
