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

/** Status of an exported file. */
type ExportStatus = "written" | "unchanged" | "planned";

/** One file of an export. */
export interface ExportedFile {
  /** Relative to the export folder. */
  path: string;
  feed: string;
  type: string;
  date: string;
  state: ExportStatus;
  /** Exact for existing files; when planned, the archive's count before symbol and time filters. */
  records: number;
  /** 0 when planned. */
  bytes: number;
  /** "" when planned. */
  sha256: string;
}

/** Options of an export. */
export interface ExportOptions {
  storage: Storage;
  format: ExportFormat;
  /** Output folder. */
  out: string;
  /** Called as records are read and written. */
  onRecords?: (what: "read" | "written", count: number) => void;
  /** Converts a file's bytes to a customer's format; default: unchanged. */
  rewrite?: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** Record source; default the archive. */
  read?: ReadRecords;
}

/** Returns the Hive-style partition path, `feed=kraken/type=trade/date=2026-08-01`. */
function partitionPath(partition: Partition): string {
  return `feed=${partition.feed}/type=${typeOf(partition)}/date=${partition.day}`;
}

/**
 * Writes each partition to its own file, and its lineage below `_lineage/`. Keeps files that are
 * complete and have the same sources, so a rerun resumes an interrupted export. Throws StorageError
 * `EXPORT_RUNNING`, and the archive reader's errors.
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

/** Returns the files an export would write or keep. */
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

/** Copies the pages of a sealed day that is wanted in full. */
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
  const { storage, format, read, onRecords } = options;
  const counted = nothingCounted();
  const tempDir = folder.work("sort");
  const batches = partitionRows({
    ...{ storage, partition, read, counted, tempDir, onRecords },
  });
  const lineage = () => lineageOf(partition, counted);
  const bytes = fileBytes({
    ...{ format, partition, batches, lineage },
    isPartition: true,
  });
  return { counted, bytes };
}

/** Lineage lives apart so that data folders hold only data. */
function lineagePath(partition: Partition, format: ExportFormat): string {
  return `_lineage/${partitionPath(partition)}/${format}.json`;
}

async function* lineageJson(lineage: Record<string, unknown>, file: object) {
  yield UTF8.encode(`${JSON.stringify({ ...lineage, file }, null, 2)}\n`);
}

/** Returns an earlier export's file if complete and from the same sources. */
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

/** Untrusted contents of a lineage file. */
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
