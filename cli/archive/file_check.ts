import { messageOf, SsmdError } from "@ssmd/runtime";
import { type Manifest, type ManifestFile, sha256Of, usOfNsText } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { ReportBuilder } from "./report.ts";

/** What files are checked with. */
export interface FileCheckOptions {
  storage: Storage;
  /** Size of every object in storage. */
  sizes: ReadonlyMap<string, number>;
  report: ReportBuilder;
  onFile: () => void;
}

/** What was found in a file, to be held against its manifest's entry. */
export interface FileFindings {
  count: number;
  firstUs: number;
  lastUs: number;
}

/** The bytes of a file that a manifest names, when they are as long and have the hash it says. */
export async function namedBytes(
  manifest: Manifest,
  file: ManifestFile,
  { storage, sizes, report }: FileCheckOptions,
): Promise<Uint8Array | undefined> {
  const { key } = file;
  const place = { ...manifest, key };
  const size = sizes.get(key);
  if (size === undefined) {
    report.add(place, "FILE_MISSING", `${key} is named in the manifest and not in storage.`);
    return undefined;
  }
  if (size !== file.bytes) {
    const message = `${key} has ${size} bytes, its manifest says ${file.bytes}.`;
    report.add(place, "FILE_SIZE", message);
  }
  try {
    const bytes = await storage.get(key);
    if (size === file.bytes && sha256Of(bytes) !== file.sha256) {
      report.add(place, "FILE_HASH", `${key} does not have the SHA-256 that its manifest says.`);
    }
    return bytes;
  } catch (error) {
    report.add(place, "FILE_UNREADABLE", `${key} cannot be read: ${messageOf(error)}.`);
    return undefined;
  }
}

/** Holds what was found in a file against its manifest's entry. */
export function compareFindings(
  manifest: Manifest,
  file: ManifestFile,
  { count, firstUs, lastUs }: FileFindings,
  report: ReportBuilder,
): void {
  const { key } = file;
  const place = { ...manifest, key };
  if (count !== file.count) {
    report.add(
      place,
      "FILE_COUNT",
      `${key} holds ${count} entries, its manifest says ${file.count}.`,
    );
  }
  if (count === 0) return;
  if (firstUs !== usOfNsText(file.from) || lastUs !== usOfNsText(file.to)) {
    const message = `${key} spans ${firstUs}000 to ${lastUs}000 ns, ` +
      `its manifest says ${file.from} to ${file.to}.`;
    report.add(place, "FILE_SPAN", message);
  }
}

/** The code of an error, for a problem. */
export function codeOf(error: unknown): string {
  return error instanceof SsmdError ? error.code : "UNREADABLE";
}
