import { createHash } from "node:crypto";
import { loadManifest, type ManifestFile, type ManifestId } from "@ssmd/archive";
import { isRetryable, messageOf } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Result of checking a day's files against their manifests. */
interface VerifiedDay {
  files: number;
  bytes: number;
  /** Problem sentences; empty when all files are intact. */
  problems: string[];
}

/**
 * Checks size and hash of every raw and normalized file in a day's manifests. Does not translate,
 * unlike {@linkcode verifyArchive}. Throws StorageError.
 */
export async function verifyDay(
  storage: Storage,
  day: Omit<ManifestId, "kind">,
): Promise<VerifiedDay> {
  const { env, feed } = day;
  const report: VerifiedDay = { files: 0, bytes: 0, problems: [] };
  const raw = { kind: "raw", env, feed, day: day.day } as const;
  for (const manifestId of [raw, { kind: "normalized", ...day } as const]) {
    const manifest = await loadManifest(storage, manifestId);
    for (const file of manifest?.files ?? []) {
      report.files++;
      report.bytes += file.bytes;
      const problem = await problemOf(storage, file);
      if (problem !== undefined) report.problems.push(`${file.key} ${problem}`);
    }
  }
  return report;
}

async function problemOf(storage: Storage, file: ManifestFile): Promise<string | undefined> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const size = (await storage.head(file.key))?.size;
    if (size === undefined) return "is not in storage";
    for (; bytes < size; bytes = Math.min(size, bytes + CHUNK_BYTES)) {
      hash.update(await storage.getRange(file.key, bytes, bytes + CHUNK_BYTES));
    }
  } catch (error) {
    if (isRetryable(error)) throw error;
    return `cannot be read: ${messageOf(error)}`;
  }
  if (bytes !== file.bytes) return `has ${bytes} bytes, its manifest says ${file.bytes}`;
  return hash.digest("hex") === file.sha256 ? undefined : "has another hash than its manifest says";
}
