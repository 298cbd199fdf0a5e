import { syncFolder } from "@ssmd/runtime";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { ExportFolder } from "./export_folder.ts";

/** A written file. */
export interface WrittenFile {
  bytes: number;
  /** Hex. */
  sha256: string;
}

/** Writes a file atomically: to the working folder, synced, then renamed over any older file. */
export async function writeExported(
  folder: ExportFolder,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<WrittenFile> {
  const hash = createHash("sha256");
  const temporary = folder.work(`${crypto.randomUUID()}.part`);
  let bytes = 0;
  {
    using file = await Deno.open(temporary, { write: true, createNew: true });
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    }
    await file.syncData();
  }
  const target = join(folder.path, path);
  // Skip mkdir on an existing folder: it may need a permission we lack, as for the current folder.
  const parent = dirname(target);
  if (!await Deno.stat(parent).catch(() => undefined)) {
    await Deno.mkdir(parent, { recursive: true });
  }
  await Deno.rename(temporary, target);
  await syncFolder(dirname(target));
  return { bytes, sha256: hash.digest("hex") };
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
