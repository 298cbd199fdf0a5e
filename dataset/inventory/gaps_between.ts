import { inventory, type InventoryQuery } from "@ssmd/archive";
import { nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { type FeedGap, joinedGaps } from "./gap_view.ts";

/**
 * Returns the gaps that reach into a span, by feed and start. Reads the manifests of all days, as a
 * gap is recorded when it begins, or only when the next capture begins: days before or after the
 * span. Throws as `inventory`.
 */
export async function gapsBetween(
  storage: Storage,
  { fromUs = 0, toUs = Infinity, ...query }: Omit<InventoryQuery, "isExpected" | "nowUs">,
): Promise<FeedGap[]> {
  const days = await inventory(storage, { ...query, isExpected: () => false, nowUs: nowUs() });
  return joinedGaps(days).filter((gap) => gap.fromUs < toUs && (gap.toUs ?? Infinity) >= fromUs);
}
