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

/** Period in which records of a feed left the bus before they were archived, µs. */
export interface BusGap {
  env: string;
  feed: string;
  /** Shard whose archiver missed them; "" = no shards. */
  shard: string;
  /** receivedAt of the last record before it. */
  fromUs: number;
  /** receivedAt of the first record after it; 0 = none yet. */
  toUs: number;
  /** Time of detection; with the feed it identifies the gap. */
  atUs: number;
  /** Most messages missed; null = unknown. */
  missed: number | null;
  /** Message for users. */
  detail: string;
}

/** Outcome of a gap. */
export interface BusGapEnd {
  state: "repaired" | "lost";
  /** Records recreated from raw. */
  records: number;
  detail: string;
}

/** Storage that gaps are written to. */
export interface BusGapStore {
  storage: Storage;
  /** Fencing token of the archive's lease. */
  token: number | undefined;
  /** "" = no shards. */
  shard: string;
}

/** Returns the days that a gap touches, oldest first. */
export function daysOf({ fromUs, toUs }: Pick<BusGap, "fromUs" | "toUs">): string[] {
  const days = [dayOfUs(fromUs)];
  for (let us = usOfDay(dayOfUs(fromUs)) + DAY_US; us <= toUs; us += DAY_US) days.push(dayOfUs(us));
  return days;
}

/** Adds an open gap to the manifest of the day in which it starts. */
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

/** Writes the outcome of a gap to the manifests of its days. */
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

/** Returns the records of a repaired gap, otherwise the most still missing. */
function missedAfter({ missed }: BusGap, { state, records }: BusGapEnd): number | null {
  if (state === "repaired") return records;
  return missed === null ? null : Math.max(missed - records, 1);
}

/** Returns a shard's open gaps in a manifest. */
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
