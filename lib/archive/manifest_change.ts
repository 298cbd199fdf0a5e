import { joinedTurns, type Turn } from "@ssmd/market";
import { isoOfUs } from "@ssmd/runtime";
import {
  type BusPosition,
  type Manifest,
  type ManifestFile,
  type ManifestGap,
  type ManifestStatus,
  withProgress,
} from "./manifest.ts";
import { qualityOf } from "./manifest_quality.ts";
import type { Positions } from "./position.ts";

/** A change of a manifest: finished files, their content and their writer. */
export interface ManifestChange {
  /** Files already complete in storage. */
  files?: readonly ManifestFile[];
  /** Appended to the existing gaps. */
  gaps?: readonly ManifestGap[];
  /** Replaces the offsets of the runs named here. */
  positions?: Positions;
  /** Newly known turns. */
  turns?: readonly Turn[];
  /** Stream position reached with this change. */
  bus?: BusPosition | undefined;
  /** Shard of that stream; absent = no shards. */
  shard?: string;
  /** Ids to add to `late`. */
  late?: readonly string[];
  /** Symbols seen that day; the larger number is kept. */
  symbols?: number;
  /** Subscribed markets; added to the existing ones. */
  ordered?: readonly string[] | undefined;
  /** Default: unchanged. */
  status?: ManifestStatus;
  /** `0.1.0+abc1234` */
  writtenBy: string;
  /** Time of the change, µs. */
  nowUs: number;
}

/**
 * Returns the changed manifest; does not modify the old one. A file replaces the one with the same
 * key. Recomputes totals and quality.
 */
export function changedManifest(manifest: Manifest, change: ManifestChange): Manifest {
  const added = change.files ?? [];
  const keys = new Set(added.map((file) => file.key));
  const files = [...manifest.files.filter((file) => !keys.has(file.key)), ...added];
  const next: Manifest = {
    ...manifest,
    status: change.status ?? manifest.status,
    symbols: Math.max(manifest.symbols, change.symbols ?? 0),
    ...orderedOf(manifest, change),
    count: files.reduce((sum, file) => sum + file.count, 0),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files,
    gaps: [...manifest.gaps, ...change.gaps ?? []],
    positions: { ...manifest.positions, ...change.positions },
    ...(change.turns === undefined || change.turns.length === 0
      ? {}
      : { turns: joinedTurns(manifest.turns ?? [], change.turns) }),
    ...(change.late === undefined || change.late.length === 0
      ? {}
      : { late: [...new Set([...manifest.late ?? [], ...change.late])] }),
    writtenBy: manifest.writtenBy.includes(change.writtenBy)
      ? manifest.writtenBy
      : [...manifest.writtenBy, change.writtenBy],
    updatedAt: isoOfUs(change.nowUs),
  };
  const whole = { ...next, quality: qualityOf(next) };
  return change.bus === undefined
    ? whole
    : withProgress(whole, change.shard ?? "", { bus: change.bus });
}

function orderedOf(before: Manifest, change: ManifestChange): Pick<Manifest, "ordered"> {
  const ordered = new Set([...before.ordered ?? [], ...change.ordered ?? []]);
  return ordered.size === 0 ? {} : { ordered: [...ordered].sort() };
}

/**
 * Returns the manifest of a day whose files are about to be removed: it lists none, and `retired`
 * holds their keys until they are gone.
 */
export function expiredManifest(
  manifest: Manifest,
  { keptDays, reason, writtenBy, nowUs }: {
    keptDays: number;
    reason?: string | undefined;
    writtenBy: string;
    nowUs: number;
  },
): Manifest {
  const { files, count, bytes, retired = [] } = manifest;
  const expired = { at: isoOfUs(nowUs), keptDays, files: files.length, count, bytes };
  return {
    ...manifest,
    ...{ files: [], count: 0, bytes: 0, updatedAt: isoOfUs(nowUs) },
    retired: [...new Set([...retired, ...files.map(({ key }) => key)])],
    expired: { ...expired, ...(reason === undefined ? {} : { reason }) },
    writtenBy: [...new Set([...manifest.writtenBy, writtenBy])],
  };
}
