import { ALL_SYMBOLS } from "@ssmd/market";
import type { Manifest, ManifestGap } from "./manifest.ts";
import { usOfNsText } from "./raw_line.ts";

/** Types of records that a market can miss. */
const MARKET_TYPES = ["trade", "ticker", "orderbook", "status"] as const;

/** Whether something is missing in a gap: not when all of it was made again from raw. */
export function isMissing({ bus }: ManifestGap): boolean {
  return bus !== "repaired";
}

/**
 * Share of the time from the day's first to its last record that lies in no gap, over all markets that
 * were ordered or seen and the four types of their records: a gap of one market and one type weighs
 * a fourth of a market's part. Six decimals.
 */
export function qualityOf(manifest: Manifest): number {
  let fromUs = Infinity;
  let toUs = 0;
  for (const { from, to } of manifest.files) {
    fromUs = Math.min(fromUs, usOfNsText(from));
    toUs = Math.max(toUs, usOfNsText(to));
  }
  if (manifest.files.length === 0) return 1;
  // What left the bus unread may lie before all that is there.
  for (const { bus, from } of manifest.gaps) {
    if (bus === "open" || bus === "lost") fromUs = Math.min(fromUs, usOfNsText(from));
  }
  // Of a single moment counts what is open in it.
  toUs = Math.max(toUs, fromUs + 1);
  // A suspect clock loses nothing.
  const losses = manifest.gaps.filter((gap) => gap.reason !== "clock" && isMissing(gap));
  const bySymbol = Map.groupBy(losses, ({ symbol }) => symbol);
  const ofFeed = bySymbol.get(ALL_SYMBOLS) ?? [];
  bySymbol.delete(ALL_SYMBOLS);
  const symbols = Math.max(manifest.symbols, manifest.ordered?.length ?? 0, bySymbol.size, 1);
  let lostUs = (symbols - bySymbol.size) * lostOf(ofFeed, fromUs, toUs);
  for (const own of bySymbol.values()) lostUs += lostOf([...ofFeed, ...own], fromUs, toUs);
  return Math.max(0, Math.round((1 - lostUs / (toUs - fromUs) / symbols) * 1e6) / 1e6);
}

/** Time that one market lost, weighted by types of records. */
function lostOf(gaps: readonly ManifestGap[], fromUs: number, toUs: number): number {
  let lostUs = 0;
  for (const type of MARKET_TYPES) {
    const own = gaps.filter(({ channel = "all" }) => channel === "all" || channel === type);
    lostUs += coveredUs(own, fromUs, toUs) / MARKET_TYPES.length;
  }
  return lostUs;
}

/** Time within [fromUs, toUs] under any of the gaps. */
function coveredUs(gaps: readonly ManifestGap[], fromUs: number, toUs: number): number {
  const recovered = new Set(gaps.filter((gap) => gap.recovered).map(openingOf));
  const spans = gaps
    // The opening record says no more than its recovery.
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

/** What the opening of a gap and its recovery have in common. */
function openingOf({ symbol, channel = "all", reason, from }: ManifestGap): string {
  return `${symbol} ${channel} ${reason} ${from}`;
}
