import { type ArchiveQuery, loadManifest, openArchived, readArchive } from "@ssmd/archive";
import { type EventType, FEED_TYPES, type MarketEvent } from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { RecordComparison, type SymbolComparison, type TypeComparison } from "./compare_records.ts";
import { RecordValues } from "./record_values.ts";
import type { ValueSummary } from "./value_stats.ts";

/** Two versions of a feed that are compared. */
interface DiffOptions {
  env: string;
  feed: string;
  old: string;
  new: string;
  /** Days that both have, in order. */
  days: readonly string[];
  /** Default all. */
  symbols?: readonly string[];
  /** Default all. */
  types?: readonly EventType[];
  onDay?: (day: string) => void;
}

/** The schema that records of a type were written with. */
interface SchemaComparison {
  type: EventType;
  /** Version and first digits of the SHA-256; "" = there is no record. */
  old: string;
  new: string;
}

/** How the values of a field are spread. */
export interface ValueComparison {
  field: string;
  old: ValueSummary | null;
  new: ValueSummary | null;
}

/** How two versions differ. */
export interface VersionDiff {
  /** Whether there is no difference, the numbers in connections aside. */
  same: boolean;
  types: TypeComparison[];
  schemas: SchemaComparison[];
  values: ValueComparison[];
  symbols: SymbolComparison[];
  /** Symbols that differ beyond those that are listed. */
  symbolsLeftOut: number;
}

/**
 * Compares two versions over the same days, side by side in the order of receive time, with one
 * moment of each in memory. Throws what reading the archive throws.
 */
export async function diffVersions(storage: Storage, options: DiffOptions): Promise<VersionDiff> {
  const { days, onDay } = options;
  const comparison = new RecordComparison();
  const values = { old: new RecordValues(), new: new RecordValues() };
  for (const day of days) {
    onDay?.(day);
    const old = groups(storage, queryOf(options, options.old, day), values.old);
    const now = groups(storage, queryOf(options, options.new, day), values.new);
    await join(old, now, comparison);
  }
  return resultOf(comparison, values, await schemas(storage, options));
}

/** What was compared, as it is told. */
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

function queryOf({ env, feed, symbols, types }: DiffOptions, version: string, day: string) {
  const fromUs = Date.parse(`${day}T00:00:00Z`) * 1000;
  return {
    ...{ env, feed, version, fromUs, toUs: fromUs + DAY_US },
    ...(symbols === undefined ? {} : { symbols }),
    ...(types === undefined ? {} : { types }),
  };
}

/** Records of one receive time. */
interface Group {
  atUs: number;
  events: MarketEvent[];
}

async function* groups(
  storage: Storage,
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

async function schemas(storage: Storage, options: DiffOptions): Promise<SchemaComparison[]> {
  const old = await schemasOf(storage, options, options.old);
  const now = await schemasOf(storage, options, options.new);
  // Fires are of signals that ran live: no version has them made again.
  return FEED_TYPES.filter((type) => old.has(type) || now.has(type))
    .map((type) => ({ type, old: old.get(type) ?? "", new: now.get(type) ?? "" }));
}

/** The schema of each type's first file. */
async function schemasOf(
  storage: Storage,
  { env, feed, days }: DiffOptions,
  version: string,
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
