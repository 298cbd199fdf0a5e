import { type Column, columnsOf, type ParquetAbout, parquetBytes } from "@ssmd/archive/parquet";
import type { EventType, MarketEvent } from "@ssmd/market";
import { COMMIT, VERSION } from "@ssmd/runtime";

/** Formats of exports. */
export const EXPORT_FORMATS = ["parquet", "csv", "jsonl"] as const;

/** A format of exports; also the extension of its files. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** What a file of a format is made of. */
interface FormatInput {
  format: ExportFormat;
  /** Of its records, where the format has columns. */
  type: EventType;
  /** Whether it lies in a folder `feed=…`. */
  isPartition: boolean;
  /** Sorted by symbol and receive time. */
  batches: AsyncIterable<readonly MarketEvent[]>;
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
  const { format, batches, lineage } = input;
  const columns = columnsOf(input.type, !input.isPartition);
  if (format === "parquet") {
    yield* parquetBytes(batches, parquetAbout(columns, lineage));
    return;
  }
  const { csvBytes, jsonBytes } = await import("./text_file.ts");
  yield* format === "csv" ? csvBytes(batches, columns) : jsonBytes(batches);
}
