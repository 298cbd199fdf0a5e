import { syncFolder, writingTo } from "@ssmd/runtime";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { ExportFolder } from "./export_folder.ts";

/** A written file. */
export interface WrittenFile {
  bytes: number;
  /** Hex. */
  sha256: string;
}

/**
 * Writes a file atomically: to the working folder, synced, then renamed over any older file. Throws
 * StorageError `OUTPUT_FULL`, `OUTPUT_DENIED` or `OUTPUT_FAILED`, and the errors of `chunks`.
 */
export async function writeExported(
  folder: ExportFolder,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<WrittenFile> {
  const hash = createHash("sha256");
  const temporary = folder.work(`${crypto.randomUUID()}.part`);
  const target = join(folder.path, path);
  let bytes = 0;
  {
    const options = { write: true, createNew: true };
    using file = await writingTo(target, () => Deno.open(temporary, options));
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      await writingTo(target, () => writeAll(file, chunk));
    }
    await writingTo(target, () => file.syncData());
  }
  await writingTo(target, () => moveTo(target, temporary));
  return { bytes, sha256: hash.digest("hex") };
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
}

async function moveTo(target: string, temporary: string): Promise<void> {
  // Skip mkdir on an existing folder: it may need a permission we lack, as for the current folder.
  const parent = dirname(target);
  if (!await Deno.stat(parent).catch(() => undefined)) {
    await Deno.mkdir(parent, { recursive: true });
  }
  await Deno.rename(temporary, target);
  await syncFolder(parent);
}

/** Returns a file's length and SHA-256; undefined when missing. */
export async function readExported(path: string): Promise<WrittenFile | undefined> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    using file = await Deno.open(path);
    const buffer = new Uint8Array(1024 * 1024);
    for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
      hash.update(buffer.subarray(0, count));
      bytes += count;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return { bytes, sha256: hash.digest("hex") };
}
