import { ALL_SYMBOLS } from "@ssmd/market";
import type { Manifest, ManifestGap } from "./manifest.ts";
import { usOfNsText } from "./raw_line.ts";

/** Record types that a market can miss. */
const MARKET_TYPES = ["trade", "ticker", "orderbook", "status"] as const;

/** Returns whether data is missing: false when all of it was rebuilt from raw. */
export function isMissing({ bus }: ManifestGap): boolean {
  return bus !== "repaired";
}

/**
 * Returns the share of time between the day's first and last record outside gaps, over all markets
 * subscribed or seen and their four record types: a gap of one market and one type counts as a
 * fourth of that market. Rounded to six decimals.
 */
export function qualityOf(manifest: Manifest): number {
  let fromUs = Infinity;
  let toUs = 0;
  for (const { from, to } of manifest.files) {
    fromUs = Math.min(fromUs, usOfNsText(from));
    toUs = Math.max(toUs, usOfNsText(to));
  }
  if (manifest.files.length === 0) return 1;
  // Records that left the bus unread may precede all archived ones.
  for (const { bus, from } of manifest.gaps) {
    if (bus === "open" || bus === "lost") fromUs = Math.min(fromUs, usOfNsText(from));
  }
  // Treat a single moment as 1 µs, so an open gap counts.
  toUs = Math.max(toUs, fromUs + 1);
  // An unreliable clock loses no data.
  const losses = manifest.gaps.filter((gap) => gap.reason !== "clock" && isMissing(gap));
  const bySymbol = Map.groupBy(losses, ({ symbol }) => symbol);
  const ofFeed = bySymbol.get(ALL_SYMBOLS) ?? [];
  bySymbol.delete(ALL_SYMBOLS);
  const symbols = Math.max(manifest.symbols, manifest.ordered?.length ?? 0, bySymbol.size, 1);
  let lostUs = (symbols - bySymbol.size) * lostOf(ofFeed, fromUs, toUs);
  for (const own of bySymbol.values()) lostUs += lostOf([...ofFeed, ...own], fromUs, toUs);
  return Math.max(0, Math.round((1 - lostUs / (toUs - fromUs) / symbols) * 1e6) / 1e6);
}

/** Time lost by one market, µs, weighted by record types. */
function lostOf(gaps: readonly ManifestGap[], fromUs: number, toUs: number): number {
  let lostUs = 0;
  for (const type of MARKET_TYPES) {
    const own = gaps.filter(({ channel = "all" }) => channel === "all" || channel === type);
    lostUs += coveredUs(own, fromUs, toUs) / MARKET_TYPES.length;
  }
  return lostUs;
}

/** Time within [fromUs, toUs] covered by any gap, µs. */
function coveredUs(gaps: readonly ManifestGap[], fromUs: number, toUs: number): number {
  const recovered = new Set(gaps.filter((gap) => gap.recovered).map(openingOf));
  const spans = gaps
    // Skip an opening record when its recovery is listed.
    .filter((gap) => gap.recovered || gap.to !== "0" || !recovered.has(openingOf(gap)))
    .map((gap) => ({
      start: Math.max(fromUs, usOfNsText(gap.from)),
      end: gap.to === "0" ? toUs : Math.min(toUs, usOfNsText(gap.to)),
    }))
    .sort((a, b) => a.start - b.start);
  let covered = 0;
  let reached = fromUs;
  for (const { start, end } of spans) {
    covered += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return covered;
}

/** Key shared by the opening of a gap and its recovery. */
function openingOf({ symbol, channel = "all", reason, from }: ManifestGap): string {
  return `${symbol} ${channel} ${reason} ${from}`;
}
