import { join } from "node:path";
import type { Storage } from "@ssmd/storage";
import { type CopiedDay, copiedDay } from "./copied_day.ts";
import { readExported, writeExported } from "./exported_file.ts";
import { ExportFolder } from "./export_folder.ts";
import { type ExportFormat, fileBytes } from "./formats.ts";
import { lineageOf } from "./lineage.ts";
import { type Partition, typeOf } from "./plan.ts";
import type { ReadRecords } from "./records.ts";
import { partitionRows } from "./partition_rows.ts";
import { type Counted, nothingCounted } from "./sorted_records.ts";

const UTF8 = new TextEncoder();

/** What became of a partition: written now, there already, or only planned. */
type ExportStatus = "written" | "unchanged" | "planned";

/** A file of an export. */
export interface ExportedFile {
  /** Within the folder of the export. */
  path: string;
  feed: string;
  type: string;
  date: string;
  state: ExportStatus;
  /** Exact where the file is there; planned: as the archive has them, before symbols and times narrow them. */
  records: number;
  /** 0 = planned. */
  bytes: number;
  /** "" = planned. */
  sha256: string;
}

/** How partitions are exported. */
export interface ExportOptions {
  storage: Storage;
  format: ExportFormat;
  /** Folder that the files go to. */
  out: string;
  /** Bytes of records in memory while they are sorted. */
  sortBytesMax?: number;
  /** Told of records as they are read and written. */
  onRecords?: (what: "read" | "written", count: number) => void;
  /** Makes other bytes of those of one file: a customer's format. Default: they stay as they are. */
  rewrite?: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** Where records come from; default the archive. */
  read?: ReadRecords;
}

/** `feed=kraken/type=trade/date=2026-08-01`: what query engines take for columns. */
function partitionPath(partition: Partition): string {
  return `feed=${partition.feed}/type=${typeOf(partition)}/date=${partition.day}`;
}

/**
 * Writes each partition to a file of its own, with a file below `_lineage/` that says where it
 * comes from. A file that is there, whole and of the same sources is left as it is: an export that
 * was broken off goes on where it was, and one that is done has nothing to do. Throws StorageError
 * `EXPORT_RUNNING`, and what reading the archive throws.
 */
export async function exportPartitions(
  partitions: readonly Partition[],
  options: ExportOptions,
): Promise<ExportedFile[]> {
  await using folder = await ExportFolder.open(options.out);
  const files: ExportedFile[] = [];
  for (const partition of partitions) {
    files.push(
      await exportedBefore(partition, options) ?? await exportOne(partition, options, folder),
    );
  }
  return files;
}

/** What an export would write, or finds there. */
export async function plannedFiles(
  partitions: readonly Partition[],
  options: ExportOptions,
): Promise<ExportedFile[]> {
  const files: ExportedFile[] = [];
  for (const partition of partitions) {
    files.push(
      await exportedBefore(partition, options) ?? {
        ...named(partition, options.format),
        ...{ state: "planned", records: partition.archived, bytes: 0, sha256: "" },
      },
    );
  }
  return files;
}

function named(partition: Partition, format: ExportFormat) {
  const { feed, day } = partition;
  const path = `${partitionPath(partition)}/data.${format}`;
  return { path, feed, type: typeOf(partition), date: day };
}

async function exportOne(
  partition: Partition,
  options: ExportOptions,
  folder: ExportFolder,
): Promise<ExportedFile> {
  const name = named(partition, options.format);
  const { counted, bytes } = await copied(partition, options) ?? made(partition, options, folder);
  const written = await writeExported(folder, name.path, bytes);
  const lineage = lineageJson(lineageOf(partition, counted), written);
  await writeExported(folder, lineagePath(partition, options.format), lineage);
  return { ...name, state: "written", records: counted.records, ...written };
}

/** Of a sealed day that is wanted whole the pages are taken as they are. */
async function copied(
  partition: Partition,
  { storage, format, read, onRecords }: ExportOptions,
): Promise<CopiedDay | undefined> {
  const day = format === "parquet" && read === undefined && partition.series === undefined
    ? await copiedDay(storage, partition)
    : undefined;
  if (day === undefined) return undefined;
  onRecords?.("read", day.counted.records);
  onRecords?.("written", day.counted.records);
  return day;
}

function made(partition: Partition, options: ExportOptions, folder: ExportFolder): CopiedDay {
  const { storage, format, read, onRecords, sortBytesMax: bytesMax } = options;
  const counted = nothingCounted();
  const tempDir = folder.work("sort");
  const batches = partitionRows({
    ...{ storage, partition, read, bytesMax, counted, tempDir, onRecords },
  });
  const lineage = () => lineageOf(partition, counted);
  const bytes = fileBytes({
    ...{ format, partition, batches, lineage },
    isPartition: true,
  });
  return { counted, bytes };
}

/** Apart from the data: who reads a folder of it meets nothing else there. */
function lineagePath(partition: Partition, format: ExportFormat): string {
  return `_lineage/${partitionPath(partition)}/${format}.json`;
}

async function* lineageJson(lineage: Record<string, unknown>, file: object) {
  yield UTF8.encode(`${JSON.stringify({ ...lineage, file }, null, 2)}\n`);
}

/** The file of an earlier export, where it is whole and of the same sources. */
async function exportedBefore(
  partition: Partition,
  { out, format }: ExportOptions,
): Promise<ExportedFile | undefined> {
  const name = named(partition, format);
  const lineage = await readLineage(join(out, lineagePath(partition, format)));
  if (lineage?.fingerprint !== partition.fingerprint) return undefined;
  const found = await readExported(join(out, name.path));
  if (found === undefined || found.sha256 !== lineage.file?.sha256) return undefined;
  return { ...name, state: "unchanged", records: lineage.records ?? 0, ...found };
}

/** What is read of a lineage file; it may be of anyone. */
interface LineageFile extends Partial<Pick<Counted, "records">> {
  fingerprint?: string;
  file?: { sha256?: string };
}

async function readLineage(path: string): Promise<LineageFile | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path)) as LineageFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
