import { openSealed, type SealedDay, usOfNsText } from "@ssmd/archive";
import { columnsOf, copiedColumns, hasColumns } from "@ssmd/archive/parquet";
import type { Storage } from "@ssmd/storage";
import { parquetAbout } from "./formats.ts";
import { lineageOf } from "./lineage.ts";
import type { Partition } from "./plan.ts";
import { sealedSource } from "./records.ts";
import type { Counted } from "./sorted_records.ts";

/** A partition exported by copying a sealed day's pages, without decoding records. */
export interface CopiedDay {
  /** Counts of the file's records. */
  counted: Counted;
  bytes: AsyncIterable<Uint8Array>;
}

/**
 * Returns a partition's Parquet file as a copy of a sealed day's pages; undefined when records must
 * be decoded: there are windows, only a part is wanted, or columns differ. Throws the archive
 * reader's errors.
 */
export async function copiedDay(
  storage: Storage,
  partition: Partition,
): Promise<CopiedDay | undefined> {
  const source = partition.isWhole ? sealedSource(partition) : undefined;
  if (source === undefined) return undefined;
  const day = await openSealed(storage, source);
  const columns = columnsOf(partition.type, false);
  if (!hasColumns(day.file, columns)) return undefined;
  const counted = countedOf(day);
  const about = parquetAbout(columns, () => lineageOf(partition, counted));
  return { counted, bytes: copiedColumns(day.file, about) };
}

function countedOf({ lineage: { count, symbols, from, to } }: SealedDay): Counted {
  return { records: count, symbols, firstUs: usOfNsText(from), lastUs: usOfNsText(to) };
}
