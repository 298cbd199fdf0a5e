import { isoOfUs } from "@ssmd/runtime";
import {
  changedManifest,
  type Manifest,
  type ManifestFile,
  parseNormalizedKey,
} from "@ssmd/archive";

/**
 * Returns the manifest with a sealed file replacing its sources, which become retired: no longer
 * named, to be deleted. Undefined when a source is missing or has changed.
 */
export function switched(
  manifest: Manifest,
  { writtenBy, nowUs }: { writtenBy: string; nowUs: number },
  { sources, sealed }: { sources: readonly ManifestFile[]; sealed: ManifestFile },
): Manifest | undefined {
  const named = new Map(manifest.files.map((file) => [file.key, file.sha256]));
  if (sources.some(({ key, sha256 }) => named.get(key) !== sha256)) return undefined;
  const gone = new Set(sources.map((file) => file.key));
  const files = manifest.files.filter((file) => !gone.has(file.key));
  const next = changedManifest({ ...manifest, files }, { files: [sealed], writtenBy, nowUs });
  const { writtenBy: writers, updatedAt, sealedParts = 0, retired = [], ...rest } = next;
  return {
    ...rest,
    sealedParts: Math.max(sealedParts, ...sources.map(partOf)),
    retired: [...retired, ...gone],
    writtenBy: writers,
    updatedAt,
  };
}

/** Returns the manifest without the deleted retired files; undefined when it lists none of them. */
export function unretired(
  manifest: Manifest,
  removed: readonly string[],
  nowUs: number,
): Manifest | undefined {
  const { retired = [], ...rest } = manifest;
  const left = retired.filter((key) => !removed.includes(key));
  if (left.length === retired.length) return undefined;
  const next: Manifest = { ...rest, updatedAt: isoOfUs(nowUs) };
  return left.length === 0 ? next : { ...next, retired: left };
}

function partOf({ key }: ManifestFile): number {
  return parseNormalizedKey(key)?.part ?? 0;
}
