import { gapsBetween, gapView } from "@ssmd/dataset/inventory";
import type { JsonRecord } from "@ssmd/journal";
import type { ArchiveAccess } from "./archive_access.ts";

/** Lists an archive's gaps in a span, µs since 1970. */
export interface GapsTask {
  kind: "gaps";
  env: string;
  fromUs: number;
  toUs: number;
}

/** Converts a month's span to µs. */
export function usOfMonth({ fromMs, toMs }: { fromMs: number; toMs: number }) {
  return { fromUs: fromMs * 1000, toUs: toMs * 1000 };
}

/** Returns `gaps` as `ssmd data gaps` prints them. Throws as `inventory`. */
export async function listGaps(
  { env, fromUs, toUs }: GapsTask,
  { storage }: ArchiveAccess,
): Promise<JsonRecord> {
  return { gaps: (await gapsBetween(storage, { env, fromUs, toUs })).map(gapView) };
}
