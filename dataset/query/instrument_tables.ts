import type { InstrumentFile } from "@ssmd/metadata";
import type { EngineRows } from "./engine_messages.ts";

type Value = string | null;

/** A table of the security master: columns with SQL types, and an instrument's rows. */
interface InstrumentTable {
  columns: Readonly<Record<string, string>>;
  rowsOf(instrument: InstrumentFile): Value[][];
}

const TEXT = "VARCHAR";
const TIME = "TIMESTAMP WITH TIME ZONE";

/**
 * Tables of the security master, one row per known fact: `effective_at` is the venue's effective
 * time, `known_at` when we learned it. A mapping is valid until `to_at`; NULL = no end.
 */
const INSTRUMENT_TABLES: Readonly<Record<string, InstrumentTable>> = {
  instruments: {
    columns: {
      ...{ id: TEXT, name: TEXT, asset_class: TEXT, effective_at: TIME, known_at: TIME },
      ...{ state: TEXT, base: TEXT, quote: TEXT, figi: TEXT },
      ...{ size_step: "DOUBLE", size_min: "DOUBLE", price_grid: TEXT, fees: TEXT },
      ...{ opens_at: TIME, closes_at: TIME, result: TEXT, event: TEXT, series: TEXT },
      venue: TEXT,
    },
    rowsOf: ({ id, name, asset_class, versions }) =>
      versions.map((version) => [
        ...[id, name, asset_class, version.effective, version.known, version.state],
        ...[version.base ?? null, version.quote ?? null, version.figi ?? null],
        ...[version.size_step ?? null, version.size_min ?? null],
        ...[jsonOf(version.price_grid), jsonOf(version.fees)],
        ...[version.opens ?? null, version.closes ?? null, version.result ?? null],
        ...[version.group ?? null, version.series ?? null, jsonOf(version.venue)],
      ]),
  },
  mappings: {
    columns: {
      ...{ id: TEXT, feed: TEXT, external: TEXT, outcome: TEXT },
      ...{ from_at: TIME, to_at: TIME, known_at: TIME },
    },
    rowsOf: ({ id, mappings }) =>
      mappings.map(({ feed, external, outcome = null, from, to = null, known }) => [
        ...[id, feed, external, outcome, from, to, known],
      ]),
  },
};

/** Names of the security master's tables. */
export const INSTRUMENT_TABLE_NAMES: readonly string[] = Object.keys(INSTRUMENT_TABLES);

function jsonOf(value: unknown): Value {
  return value === undefined ? null : JSON.stringify(value);
}

/** Writes lines to a file as a stream. */
async function write(path: string, lines: Iterable<string>): Promise<void> {
  await Deno.writeTextFile(path, ReadableStream.from(lines));
}

function* linesOf(table: InstrumentTable, instruments: Iterable<InstrumentFile>) {
  const names = Object.keys(table.columns);
  for (const instrument of instruments) {
    const rows = table.rowsOf(instrument).map((values) =>
      JSON.stringify(Object.fromEntries(names.map((name, i) => [name, values[i]])))
    );
    yield rows.map((row) => `${row}\n`).join("");
  }
}

/** Writes the security master tables that SQL names to files in `dir`. */
export async function instrumentTables(
  named: readonly string[],
  { instruments, dir }: {
    instruments: () => Promise<Iterable<InstrumentFile>>;
    dir: string;
  },
): Promise<EngineRows[]> {
  const tables: EngineRows[] = [];
  for (const name of named) {
    const table = INSTRUMENT_TABLES[name];
    if (table === undefined) continue;
    const rows = `${dir}/${name}.ndjson`;
    await write(rows, linesOf(table, await instruments()));
    tables.push({ name, rows, columns: { ...table.columns } });
  }
  return tables;
}
