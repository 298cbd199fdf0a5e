import { createHash } from "node:crypto";
import { SsmdError } from "@ssmd/runtime";
import { type Manifest, type ManifestFile, type NamedObject, usOfNsText } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { ReportBuilder } from "./report.ts";

/** Options of file checks. */
export interface FileCheckOptions {
  storage: Storage;
  /** Size of every stored object by key. */
  sizes: ReadonlyMap<string, number>;
  report: ReportBuilder;
  onFile: () => void;
}

/** Findings in a file, to compare with its manifest entry. */
export interface FileFindings {
  count: number;
  firstUs: number;
  lastUs: number;
}

/** A file named by a manifest, under check. */
export interface NamedFile {
  /** For range reads, with its stored size. */
  object: NamedObject;
  /** Reports a wrong hash once the file was read to its end. */
  checkHash: () => void;
}

/** Opens a file named by a manifest, reporting problems; undefined when missing. */
export function namedFile(
  manifest: Manifest,
  file: ManifestFile,
  { sizes, report }: FileCheckOptions,
): NamedFile | undefined {
  const { key } = file;
  const context = { ...manifest, key };
  const size = sizes.get(key);
  if (size === undefined) {
    report.add(context, "FILE_MISSING", `${key} is named in the manifest and not in storage.`);
    return undefined;
  }
  if (size !== file.bytes) {
    const message = `${key} has ${size} bytes, its manifest says ${file.bytes}.`;
    report.add(context, "FILE_SIZE", message);
  }
  const hash = createHash("sha256");
  const object = { key, bytes: size, onBytes: (bytes: Uint8Array) => void hash.update(bytes) };
  const checkHash = () => {
    if (size !== file.bytes || hash.digest("hex") === file.sha256) return;
    report.add(context, "FILE_HASH", `${key} does not have the SHA-256 that its manifest says.`);
  };
  return { object, checkHash };
}

/** Compares a file's findings with its manifest entry. */
export function compareFindings(
  manifest: Manifest,
  { count, firstUs, lastUs }: FileFindings,
  { file, report }: { file: ManifestFile; report: ReportBuilder },
): void {
  const { key } = file;
  const context = { ...manifest, key };
  if (count !== file.count) {
    report.add(
      context,
      "FILE_COUNT",
      `${key} holds ${count} entries, its manifest says ${file.count}.`,
    );
  }
  if (count === 0) return;
  if (firstUs !== usOfNsText(file.from) || lastUs !== usOfNsText(file.to)) {
    const message = `${key} spans ${firstUs}000 to ${lastUs}000 ns, ` +
      `its manifest says ${file.from} to ${file.to}.`;
    report.add(context, "FILE_SPAN", message);
  }
}

/** Returns the code of an error for a problem. */
export function codeOf(error: unknown): string {
  return error instanceof SsmdError ? error.code : "UNREADABLE";
}
