import { basename, dirname } from "node:path";
import type { TableRow } from "@ssmd/archive/parquet";
import { UsageError } from "@ssmd/runtime";
import { writeExported, type WrittenFile } from "./exported_file.ts";
import { ExportFolder } from "./export_folder.ts";
import type { ExportOptions } from "./export_partitions.ts";
import { fileBytes } from "./formats.ts";
import { lineageOf } from "./lineage.ts";
import { partitionRows } from "./partition_rows.ts";
import { type Partition, typeOf } from "./plan.ts";
import { objectBytes, type SealedSource, sealedSource } from "./records.ts";
import { type Counted, nothingCounted } from "./sorted_records.ts";

/** Partitions as one file or stream, ordered by day, feed and type, each sorted within. */
interface OneStream {
  /** Bytes as they are produced. */
  bytes: AsyncIterable<Uint8Array>;
  /** Returns the number of records written so far. */
  records(): number;
}

/**
 * Returns all partitions as the bytes of one file. Throws UsageError `EXPORT_SEVERAL_TYPES` for
 * several types in a format with columns.
 */
export function oneStream(
  partitions: readonly Partition[],
  options: Omit<ExportOptions, "out">,
  tempDir: string,
): OneStream {
  const { storage, format, read, onRecords } = options;
  const [first, ...others] = [...new Set(partitions.map(typeOf))];
  const [partition] = partitions;
  if (partition === undefined || (others.length > 0 && format !== "jsonl")) {
    throw new UsageError(
      "EXPORT_SEVERAL_TYPES",
      `One ${format} file cannot hold ${[first, ...others].join(" and ")}: their columns differ`,
      { hint: "Name one with --type, a folder with --out, or take --format jsonl" },
    );
  }
  const parts: { partition: Partition; counted: Counted }[] = [];
  async function* batches(): AsyncGenerator<readonly TableRow[], void> {
    for (const partition of [...partitions].sort((a, b) => a.day < b.day ? -1 : 1)) {
      const counted = nothingCounted();
      parts.push({ partition, counted });
      yield* partitionRows({
        ...{ storage, partition, read, counted, tempDir, onRecords },
      });
    }
  }
  const lineage = () => {
    const all = parts.map(({ partition, counted }) => lineageOf(partition, counted));
    return all.length === 1 && all[0] !== undefined ? all[0] : { parts: all };
  };
  return {
    bytes: fileBytes({
      ...{ format, partition, batches: batches(), lineage },
      isPartition: false,
    }),
    records: () => parts.reduce((sum, { counted }) => sum + counted.records, 0),
  };
}

/** Returns the sealed day to copy as the whole file; undefined when records must be read. */
function copiedSource(
  partitions: readonly Partition[],
  { format, read }: ExportOptions,
): SealedSource | undefined {
  const [partition, ...others] = partitions;
  if (partition === undefined || others.length > 0 || format !== "parquet") return undefined;
  const isCopy = partition.isWhole && read === undefined && partition.series === undefined;
  return isCopy ? sealedSource(partition) : undefined;
}

/** Writes all partitions to one file atomically; throws as {@linkcode oneStream}. */
export async function exportFile(
  partitions: readonly Partition[],
  options: ExportOptions,
): Promise<WrittenFile & { records: number }> {
  await using folder = await ExportFolder.open(dirname(options.out));
  const sealed = copiedSource(partitions, options);
  if (sealed !== undefined) {
    const bytes = objectBytes(options.storage, sealed);
    return { ...await writeExported(folder, basename(options.out), bytes), records: sealed.count };
  }
  const stream = oneStream(partitions, options, folder.work("sort"));
  const bytes = options.rewrite?.(stream.bytes) ?? stream.bytes;
  const written = await writeExported(folder, basename(options.out), bytes);
  return { ...written, records: stream.records() };
}
