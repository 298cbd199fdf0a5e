import { eventually } from "./_process.ts";
import { ENV, type Rig } from "./_rig.ts";
import { manifestsOf } from "./crash_raw.ts";
import { folderStorage } from "@ssmd/storage";

interface GapEntry {
  symbol: string;
  channel: string;
  reason: string;
  to: number | null;
}

/** What the gateway of a rig answers. */
export async function read<T>(rig: Rig, path: string): Promise<T> {
  return await (await fetch(`${await rig.up.url()}${path}`)).json() as T;
}

/** The gaps that are open now, as `symbol channel reason`. */
async function openGaps(rig: Rig): Promise<string[]> {
  const { gaps } = await read<{ gaps: GapEntry[] }>(rig, "/v1/gaps?limit=5000");
  return gaps.filter(({ to }) => to === null)
    .map(({ symbol, channel, reason }) => `${symbol} ${channel} ${reason}`).sort();
}

/** Waits until exactly these are open, as `symbol channel reason`. */
export async function untilOpen(rig: Rig, ...wanted: string[]): Promise<void> {
  let open: string[] = [];
  await eventually(`open gaps ${wanted.join(", ")}`, async () => {
    open = await openGaps(rig);
    return open.join() === wanted.toSorted().join();
  });
}

/** Waits until these were told, as `symbol channel reason`; they may be over again. */
export async function untilReported(rig: Rig, feed: string, ...wanted: string[]): Promise<void> {
  await rig.up.until(`gaps ${wanted.join(", ")}`, () => {
    const reported = rig.gaps(feed, false).map(({ symbol, channel, reason }) =>
      `${symbol} ${channel} ${reason}`
    );
    return wanted.every((each) => reported.includes(each));
  });
}

/** Waits until the process says such a reason for being unready; with none, until it is ready. */
export async function untilReady(rig: Rig, reason?: RegExp): Promise<void> {
  await eventually(`ready, or ${reason}`, async () => {
    const { ready, reasons } = await read<{ ready: boolean; reasons: string[] }>(
      rig,
      "/health/ready",
    );
    return reason === undefined ? ready : reason.test(reasons.join("; "));
  });
}

/** A feed as `/v1/feeds` gives it. */
interface FeedEntry {
  connection: { state: string; why: string | null; next_try: number | null };
  subscriptions: {
    away: number;
    list: { symbol: string; channel: string; refused: boolean; next_try: number | null }[];
  } | null;
}

/** The first feed of a rig, once it passes: what its connector reports is a second old, or not there. */
export async function firstFeed(rig: Rig, passes: (feed: FeedEntry) => boolean) {
  let feed: FeedEntry | undefined;
  try {
    return await eventually("the feed's report", async () => {
      [feed] = (await read<{ feeds: FeedEntry[] }>(rig, "/v1/feeds")).feeds;
      return feed !== undefined && passes(feed) && feed;
    });
  } catch (cause) {
    throw new Error(`It stayed ${JSON.stringify(feed)}`, { cause });
  }
}

/** The quality of each archived day of a rig. */
export async function quality(rig: Rig): Promise<number[]> {
  const storage = folderStorage(rig.dataDir);
  const manifests = await manifestsOf(storage, "normalized", ENV);
  await storage.close();
  return manifests.map((each) => each.quality);
}
