import type { EventType, MarketEvent } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import type { Storage } from "@ssmd/storage";
import {
  type ArchiveQuery,
  type ArchiveReadOptions,
  changedManifest,
  compareRecords,
  dayOfUs,
  type ManifestFile,
  manifestGap,
  manifestTimes,
  NormalizedFileBuilder,
  normalizedKey,
  openManifest,
  putSealed,
  readArchive,
  RecordSorter,
  saveManifest,
  sealedKey,
} from "../mod.ts";

/** The tests' environment and feed. */
export const FEED_ID = { env: "test", feed: "kraken" } as const;
/** Midnight of the tests' first day, µs. */
export const MIDNIGHT_US = Date.parse("2026-08-01T00:00:00Z") * 1000;
export const MINUTE_US = 60_000_000;
const SOFTWARE = { version: "0.1.0", commit: "abc1234" };
const encoder = new Encoder();

/** Returns a record of a type, derived from its numbers. */
export function record(
  type: EventType,
  symbol: string,
  receivedAtUs: number,
  sequence: number,
): MarketEvent {
  const base = {
    timestampUs: receivedAtUs - 7,
    receivedAtUs,
    symbol,
    feed: FEED_ID.feed,
    sequence,
  };
  const price = 60_000 + (sequence * 7919 % 1000) / 10;
  switch (type) {
    case "trade":
      return { type, ...base, price, size: 0.5, side: "sell", tradeId: String(sequence) };
    case "ticker":
      return {
        ...{ type, ...base, bidPrice: price, bidSize: 1, askPrice: price + 1, askSize: 2 },
        ...{ lastPrice: null, lastSize: null, volume24h: null, openInterest: null },
      };
    case "orderbook":
      return {
        ...{ type, ...base, kind: "delta", depth: 10, checksum: "verified" },
        ...{ bids: [{ price, size: 1 }], asks: [] },
      };
    case "status":
      return { type, ...base, state: "open", result: "", detail: "online" };
    case "gap":
      return {
        ...{ type, ...base, reason: "sequence", fromUs: receivedAtUs - 9, toUs: receivedAtUs },
        ...{ missed: 1, recovered: false, detail: "one is missing", channel: "all" },
      };
    case "fire":
      return {
        ...{ type, ...base, id: sequence.toString(16).padStart(32, "0"), signal: "momentum" },
        ...{ version: 1, sourceHash: "a".repeat(64), paramsHash: "b".repeat(64) },
        ...{ causeSequence: sequence, causeReceivedAtUs: receivedAtUs, engine: "1 v8/15.0" },
        values: `{"price":${price}}`,
      };
    case "action":
      return {
        ...{ type, ...base, id: `a-${sequence}`, fireId: `f-${sequence}`, firedAtUs: receivedAtUs },
        ...{ signal: "momentum", policy: "watch", action: "note", kind: "log", detail: "{}" },
        ...{ state: "done", chosenBy: "default", model: "", reason: "", problem: "" },
        ...{ decidedBy: "", values: `{"price":${price}}` },
      };
  }
}

/** Groups of the records that lie in one file, by what `name` says. */
function groups(events: readonly MarketEvent[], name: (event: MarketEvent) => string) {
  return Map.groupBy(events, name).values();
}

/** Writes windows as the archiver does: a file a type and minute, `parts` of them at random. */
export async function writeWindows(
  storage: Storage,
  events: readonly MarketEvent[],
  partsOf: (event: MarketEvent, index: number) => number = () => 1,
): Promise<void> {
  const files = new Map<string, ManifestFile[]>();
  const parts = new Map(events.map((event, i) => [event, partsOf(event, i)]));
  const minuteOf = ({ receivedAtUs }: MarketEvent) => Math.floor(receivedAtUs / MINUTE_US);
  for (
    const group of groups(events, (each) => `${each.type} ${minuteOf(each)} ${parts.get(each)}`)
  ) {
    const first = group[0] as MarketEvent;
    const file = await writeWindow(storage, group, parts.get(first) ?? 1);
    const day = dayOfUs(first.receivedAtUs);
    files.set(day, [...files.get(day) ?? [], file]);
  }
  for (const [day, added] of files) {
    const gaps = events.filter((each) => each.type === "gap" && dayOfUs(each.receivedAtUs) === day);
    await changeManifest(storage, day, { files: added, gaps });
  }
}

async function writeWindow(
  storage: Storage,
  events: readonly MarketEvent[],
  part: number,
): Promise<ManifestFile> {
  const { type, receivedAtUs } = events[0] as MarketEvent;
  const builder = new NormalizedFileBuilder(type);
  events.forEach((event, i) => {
    const payload = encoder.encode(event);
    const { receivedAtUs, sequence } = event;
    const position = { streamSequence: i + 1, run: "m1", frame: i + 1, index: 0 };
    builder.add({ payload, receivedAtUs, sequence, ...position });
  });
  const source = { ...FEED_ID, processor: "archiver-main", software: SOFTWARE, source: "memory" };
  const built = builder.finish(source, receivedAtUs);
  const key = normalizedKey({ ...FEED_ID, type, atUs: receivedAtUs, part });
  await storage.put(key, built.bytes);
  return {
    ...{ key, type, count: events.length, bytes: built.bytes.length, sha256: built.sha256 },
    ...manifestTimes(builder.firstUs, builder.lastUs),
    sequence: built.lineage.sequence,
  };
}

/** Files that come into a day's manifest, and keys that leave it. */
export async function changeManifest(
  storage: Storage,
  day: string,
  change: { files?: ManifestFile[]; without?: ReadonlySet<string>; gaps?: readonly MarketEvent[] },
): Promise<void> {
  const manifest = await openManifest(storage, { kind: "normalized", ...FEED_ID, day });
  const files = manifest.files.filter(({ key }) => !change.without?.has(key));
  const gaps = (change.gaps ?? []).flatMap((gap) => gap.type === "gap" ? [manifestGap(gap)] : []);
  await saveManifest(
    storage,
    changedManifest({ ...manifest, files }, {
      ...{ files: change.files ?? [], gaps, writtenBy: "0.1.0+abc1234", nowUs: MIDNIGHT_US },
    }),
  );
}

/** Seals a type of a day as `archive seal` does: the new object, the manifest, then the windows go. */
export async function sealDay(
  storage: Storage,
  type: EventType,
  day: string,
  events: readonly MarketEvent[],
  tempDir: string,
): Promise<void> {
  const sorter = new RecordSorter(type, { tempDir });
  for (const event of events) sorter.add(event);
  const key = sealedKey({ ...FEED_ID, type, day });
  const source = {
    ...{ ...FEED_ID, day, processor: "archive seal", software: SOFTWARE, source: "windows of v1" },
    nowUs: MIDNIGHT_US,
  };
  const file = await putSealed(storage, key, { sorted: sorter.sorted(), source });
  sorter.close();
  const manifest = await openManifest(storage, { kind: "normalized", ...FEED_ID, day });
  const windows = manifest.files.filter((each) => each.type === type).map((each) => each.key);
  await changeManifest(storage, day, { files: [file], without: new Set(windows) });
  for (const window of windows) await storage.delete(window);
}

/** Returns all records of a query. */
export async function readAll(
  storage: Storage,
  query: Omit<ArchiveQuery, "env" | "feed"> = {},
  options: ArchiveReadOptions = {},
): Promise<MarketEvent[]> {
  const found: MarketEvent[] = [];
  for await (const batch of readArchive(storage, { ...FEED_ID, ...query }, options)) {
    found.push(...batch);
  }
  return found;
}

/** Returns the records sorted into reading order. */
export function inOrder(events: readonly MarketEvent[]): MarketEvent[] {
  return events.toSorted(compareRecords);
}
