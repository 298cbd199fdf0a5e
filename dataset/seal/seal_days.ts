import { SsmdError } from "@ssmd/runtime";
import { dayOfUs, type ManifestId, parseManifestKey, usOfDay } from "@ssmd/archive";
import { sealDay, type SealedDayReport } from "./seal_day.ts";
import type { SealDayOptions } from "./seal_options.ts";
import type { Storage } from "@ssmd/storage";
import { type TimeSpan, touchesDay } from "../time_span.ts";

/** Selects days. */
interface SealQuery {
  env?: string;
  feed?: string;
  span: TimeSpan;
}

/** `open`: not over. `failed`: see `error`. */
type SealedDayState = SealedDayReport["state"] | "open" | "failed";

/** Result of sealing a day, or why it was not sealed. */
export interface SealOutcome extends Omit<SealedDayReport, "state"> {
  state: SealedDayState;
  /** The error; the day is unchanged. */
  error?: { code: string; message: string; hint: string };
}

/** Returns the days that match a query, oldest first. Throws StorageError. */
export async function sealableDays(storage: Storage, query: SealQuery): Promise<ManifestId[]> {
  const { env, feed, span } = query;
  const manifestIds: ManifestId[] = [];
  const prefix = env === undefined ? "normalized/" : `normalized/${env}/`;
  for await (const { key } of storage.list(prefix)) {
    const manifestId = parseManifestKey(key);
    if (manifestId === undefined || (feed !== undefined && manifestId.feed !== feed)) continue;
    if (touchesDay(span, manifestId.day)) manifestIds.push(manifestId);
  }
  return manifestIds.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/** Seals days one by one; continues after a failed day. */
export async function* sealDays(
  manifestIds: readonly ManifestId[],
  options: Omit<SealDayOptions, "env" | "feed" | "version" | "day">,
): AsyncIterable<SealOutcome> {
  for (const { env, feed, version = "", day } of manifestIds) {
    const versionDay = { env, feed, version, day };
    try {
      yield await sealDay({ ...options, ...versionDay });
    } catch (error) {
      if (!(error instanceof SsmdError)) throw error;
      const { code, message, hint } = error;
      if (code === "DAY_NOT_OVER") yield { ...versionDay, state: "open", types: [] };
      else yield { ...versionDay, state: "failed", types: [], error: { code, message, hint } };
    }
  }
}

/** Returns whether a span is exactly one UTC day. */
export function isOneDay({ fromUs, toUs }: TimeSpan): boolean {
  return fromUs !== undefined && toUs !== undefined && usOfDay(dayOfUs(fromUs)) === fromUs &&
    toUs - fromUs === 86_400_000_000;
}
