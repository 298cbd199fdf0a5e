import {
  changeManifest,
  dayOfUs,
  type Manifest,
  type ManifestGap,
  manifestTimes,
  nsText,
  qualityOf,
  usOfDay,
  usOfNsText,
} from "@ssmd/archive";
import { ALL_SYMBOLS } from "@ssmd/market";
import { DAY_US, isoOfUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { fenced } from "../fence.ts";

/** Time in which records of a feed left the bus unread, µs. */
export interface BusGap {
  env: string;
  feed: string;
  /** Whose archiver missed them; "" = there are no shards. */
  shard: string;
  /** receivedAt of the last record before it. */
  fromUs: number;
  /** receivedAt of the first record behind it; 0 = none has come. */
  toUs: number;
  /** When it was noticed; with the feed it names the gap. */
  atUs: number;
  /** Messages at most; null = unknown. */
  missed: number | null;
  /** One sentence for a person. */
  detail: string;
}

/** What became of a gap. */
export interface BusGapEnd {
  state: "repaired" | "lost";
  /** Records that were made from raw. */
  records: number;
  detail: string;
}

/** Where gaps are written. */
export interface BusGapStore {
  storage: Storage;
  /** Of the archive's lease. */
  token: number | undefined;
  /** "" = there are no shards. */
  shard: string;
}

/** The days that a gap touches, oldest first. */
export function daysOf({ fromUs, toUs }: Pick<BusGap, "fromUs" | "toUs">): string[] {
  const days = [dayOfUs(fromUs)];
  for (let us = usOfDay(dayOfUs(fromUs)) + DAY_US; us <= toUs; us += DAY_US) days.push(dayOfUs(us));
  return days;
}

/** Lists an open gap in the manifest of the day in which it begins. */
export async function openBusGap(store: BusGapStore, gap: BusGap): Promise<void> {
  await changeDays(store, { ...gap, toUs: 0 }, (manifest) => {
    if (manifest.gaps.some((each) => isSame(each, gap))) return undefined;
    return { ...manifest, gaps: [...manifest.gaps, entryOf(gap)] };
  });
}

function entryOf(gap: BusGap): ManifestGap {
  return {
    ...{ symbol: ALL_SYMBOLS, reason: "slow", receivedAt: nsText(gap.atUs) },
    ...{ from: nsText(gap.fromUs), to: gap.toUs === 0 ? "0" : nsText(gap.toUs) },
    ...{ time: isoOfUs(gap.atUs), missed: gap.missed, recovered: false, bus: "open" },
    ...(gap.shard === "" ? {} : { shard: gap.shard }),
    detail: gap.detail,
  };
}

/** Says in the manifests of a gap's days what became of it. */
export async function closeBusGap(store: BusGapStore, gap: BusGap, end: BusGapEnd): Promise<void> {
  await changeDays(store, gap, (manifest) => {
    const closed: ManifestGap = {
      ...entryOf(gap),
      ...{ missed: missedAfter(gap, end), recovered: end.state === "repaired", bus: end.state },
      detail: end.detail,
    };
    const others = manifest.gaps.filter((each) => !isSame(each, gap));
    const gaps = [...others, closed];
    const isWhole = gaps.every(({ bus }) => bus === undefined || bus === "repaired");
    const status = manifest.status === "partial" && isWhole ? "complete" : manifest.status;
    return { ...manifest, gaps, status };
  });
}

/** What a gap had, where it is repaired; else what it still has at most. */
function missedAfter({ missed }: BusGap, { state, records }: BusGapEnd): number | null {
  if (state === "repaired") return records;
  return missed === null ? null : Math.max(missed - records, 1);
}

/** Gaps of a shard that a manifest lists and that are not closed. */
export function openGapsIn({ env, feed, gaps }: Manifest, shard: string): BusGap[] {
  const own = gaps.filter((gap) => gap.bus === "open" && (gap.shard ?? "") === shard);
  return own.map((gap) => ({
    ...{ env, feed, shard, fromUs: usOfNsText(gap.from), toUs: usOfNsText(gap.to) },
    ...{ atUs: usOfNsText(gap.receivedAt), missed: gap.missed, detail: gap.detail },
  }));
}

async function changeDays(
  { storage, ...writer }: BusGapStore,
  gap: BusGap,
  change: (manifest: Manifest) => Manifest | undefined,
): Promise<void> {
  const { env, feed } = gap;
  for (const day of daysOf(gap)) {
    await changeManifest(storage, { kind: "normalized", env, feed, day }, {
      change: (manifest) => {
        const next = change(fenced(manifest, writer));
        if (next === undefined) return undefined;
        const { toTime: updatedAt } = manifestTimes(gap.atUs, gap.atUs);
        return { ...next, quality: qualityOf(next), updatedAt: manifest.updatedAt || updatedAt };
      },
    });
  }
}

function isSame(entry: ManifestGap, { atUs, fromUs, shard }: BusGap): boolean {
  return entry.bus !== undefined && (entry.shard ?? "") === shard &&
    usOfNsText(entry.receivedAt) === atUs &&
    usOfNsText(entry.from) === fromUs;
}
