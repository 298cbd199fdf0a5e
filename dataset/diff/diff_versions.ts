import { type ArchiveQuery, loadManifest, openArchived, readArchive } from "@ssmd/archive";
import { type EventType, FEED_TYPES, type MarketEvent } from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { RecordComparison, type SymbolComparison, type TypeComparison } from "./compare_records.ts";
import { RecordValues } from "./record_values.ts";
import type { ValueSummary } from "./value_stats.ts";

/** Records of a feed, one side of a comparison. */
interface ComparedRecords {
  storage: Storage;
  env: string;
  version: string;
}

/** Options of {@linkcode diffArchives}. */
interface ArchivesDiffOptions {
  old: ComparedRecords;
  new: ComparedRecords;
  feed: string;
  /** Days to compare, in order. */
  days: readonly string[];
  /** Default: all. */
  symbols?: readonly string[];
  /** Default: all. */
  types?: readonly EventType[];
  /** Fields that may differ; default: the sequence in the connection. */
  ignored?: readonly string[];
  onDay?: (day: string) => void;
}

/** Options of a version comparison. */
interface DiffOptions extends Omit<ArchivesDiffOptions, "old" | "new"> {
  env: string;
  /** Names of the versions. */
  old: string;
  new: string;
}

/** Schemas of a type's records. */
interface SchemaComparison {
  type: EventType;
  /** Schema version and first SHA-256 digits; "" without records. */
  old: string;
  new: string;
}

/** Value distribution of a field in both versions. */
export interface ValueComparison {
  field: string;
  old: ValueSummary | null;
  new: ValueSummary | null;
}

/** Differences of two versions. */
export interface VersionDiff {
  /** Whether there is no difference besides sequences in connections. */
  same: boolean;
  types: TypeComparison[];
  schemas: SchemaComparison[];
  values: ValueComparison[];
  symbols: SymbolComparison[];
  /** Number of differences of symbols beyond the listed ones. */
  symbolsLeftOut: number;
}

/** Compares two versions in one archive, like {@linkcode diffArchives}. */
export async function diffVersions(storage: Storage, options: DiffOptions): Promise<VersionDiff> {
  const { env, old, new: now } = options;
  return await diffArchives({
    ...{ ...options, old: { storage, env, version: old }, new: { storage, env, version: now } },
  });
}

/**
 * Compares records of two archives over the same days, merged by receive time; holds one
 * timestamp's records of each in memory. Throws the archive reader's errors.
 */
export async function diffArchives(options: ArchivesDiffOptions): Promise<VersionDiff> {
  const { days, onDay, ignored } = options;
  const comparison = new RecordComparison(ignored === undefined ? {} : { ignored });
  const values = { old: new RecordValues(), new: new RecordValues() };
  for (const day of days) {
    onDay?.(day);
    const old = groups(options.old, queryOf(options, "old", day), values.old);
    const now = groups(options.new, queryOf(options, "new", day), values.new);
    await join(old, now, comparison);
  }
  return resultOf(comparison, values, await schemas(options));
}

/** Returns the result of a comparison. */
export function resultOf(
  comparison: RecordComparison,
  values: { old: RecordValues; new: RecordValues },
  schemas: SchemaComparison[],
): VersionDiff {
  const types = comparison.types();
  return {
    same: types.every(({ changed, onlyOld, onlyNew }) => changed + onlyOld + onlyNew === 0),
    types,
    schemas,
    values: valuesOf(values.old.summaries(), values.new.summaries()),
    symbols: comparison.symbols(),
    symbolsLeftOut: comparison.symbolsLeftOut,
  };
}

function queryOf(options: ArchivesDiffOptions, side: "old" | "new", day: string): ArchiveQuery {
  const { feed, symbols, types, [side]: { env, version } } = options;
  const fromUs = Date.parse(`${day}T00:00:00Z`) * 1000;
  return {
    ...{ env, feed, version, fromUs, toUs: fromUs + DAY_US },
    ...(symbols === undefined ? {} : { symbols }),
    ...(types === undefined ? {} : { types }),
  };
}

/** Records with one receive time. */
interface Group {
  atUs: number;
  events: MarketEvent[];
}

async function* groups(
  { storage }: ComparedRecords,
  query: ArchiveQuery,
  values: RecordValues,
): AsyncGenerator<Group, void> {
  let group: Group = { atUs: -1, events: [] };
  for await (const batch of readArchive(storage, query)) {
    for (const event of batch) {
      values.add(event);
      if (event.receivedAtUs === group.atUs) {
        group.events.push(event);
        continue;
      }
      if (group.events.length > 0) yield group;
      group = { atUs: event.receivedAtUs, events: [event] };
    }
  }
  if (group.events.length > 0) yield group;
}

async function join(
  olds: AsyncGenerator<Group, void>,
  news: AsyncGenerator<Group, void>,
  comparison: RecordComparison,
): Promise<void> {
  let old = await olds.next();
  let now = await news.next();
  while (old.done !== true || now.done !== true) {
    const oldUs = old.done === true ? Infinity : old.value.atUs;
    const nowUs = now.done === true ? Infinity : now.value.atUs;
    const atUs = Math.min(oldUs, nowUs);
    comparison.group(
      old.done !== true && oldUs === atUs ? old.value.events : [],
      now.done !== true && nowUs === atUs ? now.value.events : [],
    );
    if (oldUs === atUs) old = await olds.next();
    if (nowUs === atUs) now = await news.next();
  }
}

async function schemas(options: ArchivesDiffOptions): Promise<SchemaComparison[]> {
  const old = await schemasOf(options.old, options);
  const now = await schemasOf(options.new, options);
  // Fires come from live signals; reprocessed versions have none.
  return FEED_TYPES.filter((type) => old.has(type) || now.has(type))
    .map((type) => ({ type, old: old.get(type) ?? "", new: now.get(type) ?? "" }));
}

/** Returns the schema of each type's first file. */
async function schemasOf(
  { storage, env, version }: ComparedRecords,
  { feed, days }: ArchivesDiffOptions,
): Promise<Map<EventType, string>> {
  const found = new Map<EventType, string>();
  for (const day of days) {
    const manifest = await loadManifest(storage, { kind: "normalized", env, feed, version, day });
    for (const file of manifest?.files ?? []) {
      const { type } = file;
      if (type === undefined || found.has(type)) continue;
      const { schema } = (await openArchived(storage, file)).lineage;
      found.set(type, `${schema.version} ${schema.sha256.slice(0, 12)}`);
    }
  }
  return found;
}

function valuesOf(
  old: ReadonlyMap<string, ValueSummary>,
  now: ReadonlyMap<string, ValueSummary>,
): ValueComparison[] {
  const fields = [...new Set([...old.keys(), ...now.keys()])];
  return fields.map((field) => ({
    field,
    old: old.get(field) ?? null,
    new: now.get(field) ?? null,
  }));
}
