import { dayParts, dayRemoved, readArchive } from "@ssmd/archive";
import type { Enrichment } from "@ssmd/metadata";
import { ALL_SYMBOLS, type Gap } from "@ssmd/market";
import type { TableRow } from "@ssmd/archive/parquet";
import {
  BAR_LIMITS,
  barRows,
  bookRows,
  enrichedFromUs,
  enrichedRows,
  INTERVALS,
  sampleUs,
  SERIES,
  type SeriesRow,
  timeOfRow,
} from "../series/mod.ts";
import type { Partition, PartitionSeries } from "./plan.ts";
import { countRows, nothingCounted, sortedRecords, type SortOptions } from "./sorted_records.ts";

/** Yields a partition's rows sorted by symbol and time, counting them. */
export async function* partitionRows(
  options: SortOptions,
): AsyncGenerator<readonly TableRow[], void> {
  const { partition: { series }, counted } = options;
  if (series === undefined) yield* sortedRecords(options);
  else yield* seriesRows(options, series);
  if (counted.records === 0 || series !== undefined) await assertStillThere(options);
}

/** Throws ArchiveError `DAY_REMOVED` when a planned day has no files any more. */
async function assertStillThere({ storage, partition, read }: SortOptions): Promise<void> {
  const { env, feed, day, version, type, series, archived } = partition;
  if (archived === 0 || read !== undefined) return;
  const types = series === undefined ? [type] : SERIES[series.name];
  const parts = await dayParts(storage, { env, feed, types }, { day, version });
  if (parts.every(({ files }) => files.length === 0)) throw dayRemoved({ env, feed, day, version });
}

async function* seriesRows(
  options: SortOptions,
  series: PartitionSeries,
): AsyncGenerator<readonly TableRow[], void> {
  const { counted } = options;
  const made = series.enrichment !== undefined
    ? enriched(options, series, series.enrichment)
    : series.name === "bars"
    ? bars(options, series)
    : books(options, series);
  let symbol: string | undefined;
  for await (const rows of made) {
    for (const row of rows) {
      if (row.symbol !== symbol) counted.symbols++;
      symbol = row.symbol;
    }
    countRows(counted, rows, timeOfRow);
    yield rows;
  }
}

/** Bars use venue time, so late trades may be in the next day. */
function bars(options: SortOptions, { every, gaps }: PartitionSeries): AsyncIterable<SeriesRow[]> {
  const { partition } = options;
  const everyUs = INTERVALS[every];
  const fromUs = Math.floor(partition.fromUs / everyUs) * everyUs;
  const toUs = Math.ceil(partition.toUs / everyUs) * everyUs;
  const wide = {
    ...partition,
    fromUs: Math.max(0, fromUs - BAR_LIMITS.earlyUs),
    toUs: toUs + BAR_LIMITS.lateUs,
  };
  const trades = sortedRecords({
    ...{ ...options, partition: wide, counted: nothingCounted() },
    read: options.read ?? readWide,
  });
  return barRows(trades, { everyUs, fromUs, toUs, gaps });
}

/** Reads a partition's records, including those of adjacent days in its span. */
function readWide(
  storage: SortOptions["storage"],
  { env, feed, type, symbols, fromUs, toUs }: Partition,
) {
  const query = { env, feed, types: [type], fromUs, toUs };
  return readArchive(storage, symbols === undefined ? query : { ...query, symbols });
}

function books(options: SortOptions, series: PartitionSeries): AsyncIterable<SeriesRow[]> {
  const { storage, partition } = options;
  const { env, feed, type, fromUs, toUs } = partition;
  const sample = { feed, depth: series.name === "book" ? series.depth : 1, fromUs, toUs };
  return bookRows(
    sortedRecords({ ...options, counted: nothingCounted() }),
    { ...sample, everyUs: sampleUs(series), gaps: series.gaps },
    (symbol, startUs, endUs) =>
      readArchive(storage, {
        env,
        feed,
        types: [type],
        symbols: [symbol],
        fromUs: startUs,
        toUs: endUs,
      }),
  );
}

/** Rows of the enrichers, from records that start before the day, as in live operation. */
async function* enriched(
  options: SortOptions,
  { gaps: missing }: PartitionSeries,
  enrichment: Enrichment,
): AsyncGenerator<SeriesRow[], void> {
  const { storage, partition } = options;
  const { env, feed, fromUs, toUs, symbols } = partition;
  const span = { fromUs: enrichedFromUs(enrichment, fromUs), toUs };
  const { onRecords: _, ...quiet } = options;
  const sorted = (type: "orderbook" | "trade") =>
    sortedRecords({
      ...{ ...quiet, partition: { ...partition, ...span, type }, counted: nothingCounted() },
      read: readWide,
    });
  const of = symbols === undefined ? {} : { symbols: [...symbols, ALL_SYMBOLS] };
  const gaps: Gap[] = [];
  for await (const batch of readArchive(storage, { env, feed, ...span, ...of, types: ["gap"] })) {
    gaps.push(...batch as readonly Gap[]);
  }
  yield* enrichedRows({
    ...{ feed, enrichment, fromUs, toUs, missing, gaps },
    updates: sorted("orderbook"),
    trades: sorted("trade"),
    readOther: (other) =>
      readArchive(storage, {
        ...{ env, feed: other.feed, ...span, types: ["orderbook", "gap"] },
        symbols: [other.symbol, ALL_SYMBOLS],
      }),
  });
}
