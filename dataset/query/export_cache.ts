import { join } from "node:path";
import { systemCodeOf } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { ExportFolder } from "../export/export_folder.ts";
import { exportPartitions } from "../export/export_partitions.ts";
import { readExported, writeExported } from "../export/exported_file.ts";
import { type ExportType, type Partition, typeOf } from "../export/plan.ts";
import { objectBytes, type SealedSource, sealedSource } from "../export/records.ts";

/** Limits of the cache and their effects. */
export const CACHE_LIMITS = {
  /** Bytes of all entries; beyond it the least recently used are removed. */
  cacheBytesMax: 4 * 1024 * 1024 * 1024,
  /** Age at which unused entries are removed; most are windows of then open days. */
  entryUnusedMsMax: 2 * 86_400_000,
  /** Minimum age for removal: another query may be reading the entry. */
  entryKeptMsMin: 10 * 60_000,
} as const;

/** Options of {@linkcode queryFiles}. */
interface CacheOptions {
  storage: Storage;
  /** Cache folder. */
  dir: string;
  /** Called as records are read and written for new entries. */
  onRecords?: (what: "read" | "written", count: number) => void;
  /** Default {@linkcode CACHE_LIMITS}. */
  bytesMax?: number;
}

/** A Parquet file that a query reads. */
interface QueryFile {
  path: string;
  type: ExportType;
  /** Whether it is a sealed day, in place or fetched. */
  isSealed: boolean;
}

/** Files of a query. */
interface QueryFiles {
  files: QueryFile[];
  /** Partitions exported or fetched for this query. */
  made: number;
}

/**
 * Returns the Parquet files of partitions. Reads sealed days of a local archive in place, fetches
 * those of other storage, and exports open windows; both are cached. Entries are named by their
 * sources' fingerprint, so stale ones are never found and get evicted.
 */
export async function queryFiles(
  partitions: readonly Partition[],
  options: CacheOptions,
): Promise<QueryFiles> {
  const { storage, dir } = options;
  const files: QueryFile[] = [];
  let made = 0;
  for (const partition of partitions) {
    const type = typeOf(partition);
    const sealed = partition.series === undefined ? sealedSource(partition) : undefined;
    if (sealed !== undefined && storage.type === "local") {
      files.push({ path: join(storage.location, sealed.key), type, isSealed: true });
      continue;
    }
    const entry = sealed === undefined
      ? await exported(partition, options)
      : await fetched(sealed, options);
    if (entry === undefined) continue;
    if (entry.isNew) made++;
    files.push({ path: entry.path, type, isSealed: sealed !== undefined });
    const now = new Date();
    await Deno.utime(join(dir, entry.name), now, now);
  }
  await evict(dir, options.bytesMax ?? CACHE_LIMITS.cacheBytesMax);
  return { files, made };
}

interface CachedFile {
  /** Entry name in the cache folder. */
  name: string;
  path: string;
  isNew: boolean;
}

async function exported(
  partition: Partition,
  { storage, dir, onRecords }: CacheOptions,
): Promise<CachedFile | undefined> {
  const name = partition.fingerprint;
  const [file] = await exportPartitions([partition], {
    ...{ storage, format: "parquet", out: join(dir, name) },
    ...(onRecords === undefined ? {} : { onRecords }),
  });
  if (file === undefined) return undefined;
  return { name, path: join(dir, name, file.path), isNew: file.state === "written" };
}

/** Fetches the file of a sealed day, checked against the manifest. */
async function fetched(sealed: SealedSource, { storage, dir }: CacheOptions): Promise<CachedFile> {
  const name = sealed.sha256;
  const path = join(dir, name, "day.parquet");
  const known = await readExported(path);
  if (known?.sha256 === sealed.sha256) return { name, path, isNew: false };
  await using folder = await ExportFolder.open(join(dir, name));
  await writeExported(folder, "day.parquet", objectBytes(storage, sealed));
  return { name, path, isNew: true };
}

interface Entry {
  path: string;
  usedMs: number;
  bytes: number;
}

/** Evicts entries unused for too long, then least recently used ones until the rest fits. */
async function evict(dir: string, bytesMax: number): Promise<void> {
  const entries: Entry[] = [];
  for (const { name, isDirectory } of await unlessGone(Array.fromAsync(Deno.readDir(dir))) ?? []) {
    const entry = isDirectory ? await entryOf(join(dir, name)) : undefined;
    if (entry !== undefined) entries.push(entry);
  }
  entries.sort((a, b) => a.usedMs - b.usedMs);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const { entryKeptMsMin, entryUnusedMsMax } = CACHE_LIMITS;
  for (const entry of entries) {
    const unusedMs = Date.now() - entry.usedMs;
    if (unusedMs < entryKeptMsMin || (bytes <= bytesMax && unusedMs < entryUnusedMsMax)) return;
    await unlessGone(Deno.remove(entry.path, { recursive: true }));
    bytes -= entry.bytes;
  }
}

async function entryOf(path: string): Promise<Entry | undefined> {
  const stat = await unlessGone(Deno.stat(path));
  if (stat === undefined) return undefined;
  return { path, usedMs: stat.mtime?.getTime() ?? 0, bytes: await bytesIn(path) };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (
    const { name, isDirectory } of await unlessGone(Array.fromAsync(Deno.readDir(folder))) ?? []
  ) {
    const path = join(folder, name);
    bytes += isDirectory ? await bytesIn(path) : (await unlessGone(Deno.stat(path)))?.size ?? 0;
  }
  return bytes;
}

/** Ignores ENOENT: another query may evict the same entry. */
async function unlessGone<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
