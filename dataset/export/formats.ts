import {
  type Column,
  columnsOf,
  type ParquetAbout,
  parquetBytes,
  type TableRow,
} from "@ssmd/archive/parquet";
import { COMMIT, VERSION } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import { columnsOfSeries, type SeriesOptions } from "../series/mod.ts";

/** Formats of exports. */
export const EXPORT_FORMATS = ["parquet", "csv", "jsonl"] as const;

/** A format of exports; also the extension of its files. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** What a file of a format is made of. */
interface FormatInput {
  format: ExportFormat;
  /** One of those that it is made of: what its rows are. */
  partition: { type: EventType; series?: SeriesOptions };
  /** Whether it lies in a folder `feed=…`. */
  isPartition: boolean;
  /** Sorted by symbol and time. */
  batches: AsyncIterable<readonly TableRow[]>;
  /** Where the records come from, for formats that can say it; asked for at the end. */
  lineage: () => Readonly<Record<string, unknown>>;
}

/** What an exported Parquet file says about itself. */
export function parquetAbout(
  columns: readonly Column[],
  lineage: FormatInput["lineage"],
): ParquetAbout {
  return {
    columns,
    createdBy: `ssmd version ${VERSION} (build ${COMMIT})`,
    metadata: () => ({ "ssmd.lineage": JSON.stringify(lineage()) }),
  };
}

/** The bytes of a file, as they come. */
export async function* fileBytes(input: FormatInput): AsyncGenerator<Uint8Array, void> {
  const { format, batches, lineage, isPartition, partition: { type, series } } = input;
  const columns = series === undefined
    ? columnsOf(type, !isPartition)
    : columnsOfSeries(series, !isPartition);
  if (format === "parquet") {
    yield* parquetBytes(batches, parquetAbout(columns, lineage));
    return;
  }
  const { csvBytes, jsonBytes } = await import("./text_file.ts");
  yield* format === "csv" ? csvBytes(batches, columns) : jsonBytes(batches, series);
}
