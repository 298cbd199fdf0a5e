import { join } from "node:path";
import { systemCodeOf } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { exportPartitions } from "../export/export_partitions.ts";
import type { Partition } from "../export/plan.ts";

/** Limits of the cache; beside each stands what happens there. */
export const CACHE_LIMITS = {
  /** Bytes of all entries; then those go that were not used for the longest time. */
  cacheBytesMax: 20 * 1024 * 1024 * 1024,
  /** Time in which an entry that was used stays in any case: another query may be reading it. */
  entryKeptMsMin: 10 * 60_000,
} as const;

/** Options of {@linkcode cachedExports}. */
export interface CacheOptions {
  storage: Storage;
  /** Folder of the cache. */
  dir: string;
  /** Told of records that are read and written for new entries. */
  onRecords?: (what: "read" | "written", count: number) => void;
  /** Default {@linkcode CACHE_LIMITS}. */
  bytesMax?: number;
}

/** What a query reads. */
export interface CachedExports {
  /** Parquet files by partition, in the same order. */
  files: string[];
  /** Partitions that were exported for this query. */
  made: number;
}

/**
 * The Parquet files of partitions: made now, or by an earlier query of the same sources. An entry's
 * name is the fingerprint of its sources, so what has become stale is never found again; it goes when
 * there is no room.
 */
export async function cachedExports(
  partitions: readonly Partition[],
  options: CacheOptions,
): Promise<CachedExports> {
  const { storage, dir, onRecords } = options;
  const files: string[] = [];
  let made = 0;
  for (const partition of partitions) {
    const entry = join(dir, partition.fingerprint);
    const [file] = await exportPartitions([partition], {
      ...{ storage, format: "parquet", out: entry },
      ...(onRecords === undefined ? {} : { onRecords }),
    });
    if (file === undefined) continue;
    if (file.state === "written") made++;
    files.push(join(entry, file.path));
    const now = new Date();
    await Deno.utime(entry, now, now);
  }
  if (made > 0) await evict(dir, options.bytesMax ?? CACHE_LIMITS.cacheBytesMax);
  return { files, made };
}

interface Entry {
  path: string;
  usedMs: number;
  bytes: number;
}

/** Removes what was not used for the longest time until the rest has room. */
async function evict(dir: string, bytesMax: number): Promise<void> {
  const entries: Entry[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    const entry = isDirectory ? await entryOf(join(dir, name)) : undefined;
    if (entry !== undefined) entries.push(entry);
  }
  entries.sort((a, b) => a.usedMs - b.usedMs);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const keptFromMs = Date.now() - CACHE_LIMITS.entryKeptMsMin;
  for (const entry of entries) {
    if (bytes <= bytesMax || entry.usedMs >= keptFromMs) return;
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

/** Another query may remove the same entry. */
async function unlessGone<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
