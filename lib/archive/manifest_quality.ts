import { ALL_SYMBOLS } from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import type { Manifest, ManifestFile, ManifestGap } from "./manifest.ts";
import { usOfDay } from "./paths.ts";
import { usOfNsText } from "./raw_line.ts";

/** Record types that a market can miss. */
const MARKET_TYPES = ["trade", "ticker", "orderbook", "status"] as const;

/** Returns whether data is missing: false when all of it was rebuilt from raw. */
export function isMissing({ bus }: Pick<ManifestGap, "bus">): boolean {
  return bus !== "repaired";
}

/** What a day's quality depends on. */
type CapturedDay =
  & Pick<Manifest, "day" | "symbols" | "gaps">
  & {
    ordered?: readonly string[] | undefined;
    files: readonly Pick<ManifestFile, "from" | "to">[];
  };

/** A span in which data is missing. */
type Loss = Pick<ManifestGap, "symbol" | "channel" | "from" | "to" | "recovered" | "bus"> & {
  reason: string;
};

/**
 * Returns the share of a day's captured time outside gaps, over all markets subscribed or seen and
 * their four record types: a gap of one market and one type counts as a fourth of that market.
 * Rounded to six decimals. `reaching`: gaps recorded on other days.
 */
export function qualityOf(day: CapturedDay, reaching: readonly Loss[] = []): number {
  if (day.files.length === 0) return 1;
  // An unreliable clock loses no data.
  const losses = [...day.gaps, ...reaching]
    .filter((gap) => gap.reason !== "clock" && isMissing(gap));
  const { fromUs, toUs } = capturedSpan(day, losses);
  const bySymbol = Map.groupBy(losses, ({ symbol }) => symbol);
  const ofFeed = bySymbol.get(ALL_SYMBOLS) ?? [];
  bySymbol.delete(ALL_SYMBOLS);
  const symbols = Math.max(day.symbols, day.ordered?.length ?? 0, bySymbol.size, 1);
  let lostUs = (symbols - bySymbol.size) * lostOf(ofFeed, fromUs, toUs);
  for (const own of bySymbol.values()) lostUs += lostOf([...ofFeed, ...own], fromUs, toUs);
  return Math.max(0, Math.round((1 - lostUs / (toUs - fromUs) / symbols) * 1e6) / 1e6);
}

/** From the day's first record to its last, and to what was missed before and behind them. */
function capturedSpan({ day, files }: CapturedDay, losses: readonly Loss[]) {
  let fromUs = Infinity;
  let toUs = 0;
  for (const { from, to } of files) {
    fromUs = Math.min(fromUs, usOfNsText(from));
    toUs = Math.max(toUs, usOfNsText(to));
  }
  const dayUs = usOfDay(day);
  for (const { reason, from, to } of losses) {
    // A stop on purpose ends the captured time.
    if (reason === "planned" || from === "0") continue;
    fromUs = Math.min(fromUs, Math.max(dayUs, usOfNsText(from)));
    toUs = Math.max(toUs, Math.min(dayUs + DAY_US, usOfNsText(to)));
  }
  // A single moment counts as 1 µs, so that an open gap counts.
  return { fromUs, toUs: Math.max(toUs, fromUs + 1) };
}

/** Time lost by one market, µs, weighted by record types. */
function lostOf(gaps: readonly Loss[], fromUs: number, toUs: number): number {
  let lostUs = 0;
  for (const type of MARKET_TYPES) {
    const own = gaps.filter(({ channel = "all" }) => channel === "all" || channel === type);
    lostUs += coveredUs(own, fromUs, toUs) / MARKET_TYPES.length;
  }
  return lostUs;
}

/** Time within [fromUs, toUs] covered by any gap, µs. */
function coveredUs(gaps: readonly Loss[], fromUs: number, toUs: number): number {
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
function openingOf({ symbol, channel = "all", reason, from }: Loss): string {
  return `${symbol} ${channel} ${reason} ${from}`;
}
