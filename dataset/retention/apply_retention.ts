import { ArchiveError } from "@ssmd/runtime";
import { changeManifest, expiredManifest, type Manifest } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { type OldDay, oldDayText } from "./plan_retention.ts";

/** Options of removing a day. */
interface ApplyOptions {
  storage: Storage;
  /** `0.1.0+abc1234` */
  writtenBy: string;
  nowUs: () => number;
  /** Reason for removing a day despite objections; absent: such days stay. */
  reason?: string;
}

/**
 * Removes a due day, or finishes an interrupted removal: first its manifest drops all files and
 * records why, then the files are deleted. Safe to kill: the next call resumes, and no manifest
 * names deleted files. Throws ArchiveError `DAY_KEPT` for a day that must stay, `DAY_CHANGED` when
 * its files changed since planning; StorageError.
 */
export async function expireDay(day: OldDay, options: ApplyOptions): Promise<void> {
  const { storage, writtenBy, nowUs, reason } = options;
  if (day.state === "kept" && (day.isOpen || reason === undefined)) {
    throw new ArchiveError("DAY_KEPT", `${oldDayText(day)} stays: ${day.why}`, {
      hint: day.isOpen
        ? "A day that is open is never removed"
        : "ssmd archive seal seals days; --force with --reason removes it all the same",
      context: { ...day },
    });
  }
  const manifest = await changeManifest(storage, day, {
    change: (manifest) => {
      if (manifest.expired !== undefined && manifest.files.length === 0) return undefined;
      assertUnchanged(day, manifest);
      const given = day.state === "kept" ? reason : undefined;
      const { keptDays } = day;
      return expiredManifest(manifest, { keptDays, reason: given, writtenBy, nowUs: nowUs() });
    },
  });
  for (const key of manifest.retired ?? []) await storage.delete(key);
  await changeManifest(storage, day, {
    change: (manifest) => {
      if (manifest.expired === undefined || manifest.retired === undefined) return undefined;
      const { retired: _, ...rest } = manifest;
      return rest;
    },
  });
}

function assertUnchanged(day: OldDay, { files, count }: Manifest): void {
  if (files.length === day.files && count === day.count) return;
  throw new ArchiveError("DAY_CHANGED", `${oldDayText(day)} has changed since it was looked at`, {
    hint: "Run the command again",
    context: { ...day },
  });
}
