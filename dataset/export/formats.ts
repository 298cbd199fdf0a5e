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

/** Export formats. */
export const EXPORT_FORMATS = ["parquet", "csv", "jsonl"] as const;

/** An export format; also the file extension. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** Input of a file. */
interface FormatInput {
  format: ExportFormat;
  /** One of its partitions, to derive the columns. */
  partition: { type: EventType; series?: SeriesOptions };
  /** Whether the file is in a `feed=…` folder. */
  isPartition: boolean;
  /** Rows sorted by symbol and time. */
  batches: AsyncIterable<readonly TableRow[]>;
  /** Lineage, for formats that can store it; called at the end. */
  lineage: () => Readonly<Record<string, unknown>>;
}

/** Metadata of an exported Parquet file. */
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

/** Streams the bytes of a file. */
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
