import { readArchive } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import {
  escapeToken,
  type EventType,
  FEED_TYPES,
  type MarketEvent,
  recordFilters,
  watermarkSubject,
} from "@ssmd/market";
import { ArchiveError, DAY_US, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import type { Snapshot } from "./snapshots.ts";
import { type StreamItem, StreamItems } from "./stream_item.ts";

/** Where what was missed is read from. */
export interface MissedSource {
  env: string;
  feeds: readonly string[];
  transport: Transport;
  storage: Storage;
}

/** From where on records are missing. */
type MissedFrom = Pick<Snapshot, "stream" | "feeds">;

/** A fire may be of a moment that waited so long for the watermark of another feed. */
const FIRE_MARGIN_US = 600_000_000;
/** Of our clock and that of the bus. */
export const STORE_SKEW_US = 5_000_000;

/** Whether there are records from before now. */
export async function hasRecords(
  { env, feeds, transport, storage }: MissedSource,
): Promise<boolean> {
  if (transport.durable && (await transport.state()).lastSequence > 0) return true;
  for (const feed of feeds) {
    const batches = readArchive(storage, { env, feed, types: FEED_TYPES })[Symbol.asyncIterator]();
    const first = await nextBatch(batches);
    await batches.return?.();
    if (first !== undefined) return true;
  }
  return false;
}

/**
 * Where to begin without a snapshot: with the day's first record, which are whole books, so that all
 * is warm now. Undefined `warmupUs`: with the first record of all.
 */
export function coldStart(feeds: readonly string[], warmupUs: number | undefined): MissedFrom {
  const warmUs = warmupUs === undefined ? 0 : nowUs() - warmupUs;
  const fromUs = Math.max(0, warmUs - warmUs % DAY_US);
  return {
    stream: { createdAtUs: 0, sequence: 0 },
    feeds: Object.fromEntries(feeds.map((feed) => [feed, fromUs])),
  };
}

/** Filters of what signals are given. */
export function inputFilters(
  env: string,
  feeds: readonly string[],
  types: readonly EventType[] = FEED_TYPES,
): string[] {
  const prefix = escapeToken(env);
  const records = feeds.flatMap((feed) =>
    types.map((type) => `${prefix}.${escapeToken(feed)}.${type}.>`)
  );
  return [...records, ...feeds.map((feed) => watermarkSubject(env, feed))];
}

/**
 * What came since a snapshot, up to now: from the bus where it still holds all of it, else from the
 * archive and then all that the bus has. Records may come twice; none is left out. The last value
 * that is returned is the place of the stream up to which everything was given.
 */
export async function* missedItems(
  source: MissedSource,
  from: MissedFrom,
): AsyncGenerator<StreamItem[], number> {
  const { transport } = source;
  const state = await transport.state();
  const isSame = transport.durable && state.createdAtUs === from.stream.createdAtUs &&
    state.firstSequence <= from.stream.sequence + 1;
  if (!isSame) yield* archivedItems(source, from.feeds);
  if (!transport.durable) return 0;
  if (state.firstSequence > state.lastSequence) return state.lastSequence;
  const items = new StreamItems();
  const reachedUs = Math.min(...source.feeds.map((feed) => from.feeds[feed] ?? 0));
  const begin = isSame
    ? { sequence: from.stream.sequence + 1 }
    : { timeUs: Math.max(0, reachedUs - STORE_SKEW_US) };
  if (begin.sequence !== undefined && begin.sequence > state.lastSequence) {
    return state.lastSequence;
  }
  const span = { from: begin, toSequence: state.lastSequence };
  const filters = inputFilters(source.env, source.feeds);
  for await (const batch of transport.read({ filters, ...span })) {
    yield batch.flatMap((message) => items.of(message) ?? []);
  }
  return state.lastSequence;
}

/** A feed's records as they lie in the archive. */
interface ArchivedFeed {
  feed: string;
  batches: AsyncIterator<readonly MarketEvent[]>;
  /** Of the last record that was given, µs. */
  lastUs: number;
}

/**
 * Records of the archive from the time on that was reached of each feed: the feeds side by side, with
 * watermarks, so that none waits long for another.
 */
async function* archivedItems(
  { env, feeds, storage }: MissedSource,
  reached: Readonly<Record<string, number>>,
): AsyncGenerator<StreamItem[], void> {
  const encoder = new Encoder();
  let open = feeds.map((feed): ArchivedFeed => {
    const lastUs = reached[feed] ?? 0;
    const query = { env, feed, types: FEED_TYPES, fromUs: lastUs };
    return { feed, lastUs, batches: readArchive(storage, query)[Symbol.asyncIterator]() };
  });
  while (open.length > 0) {
    const next = open.reduce((a, b) => a.lastUs <= b.lastUs ? a : b);
    const batch = await nextBatch(next.batches);
    if (batch === undefined) open = open.filter((each) => each !== next);
    else yield itemsOf(encoder, next, batch);
  }
}

async function nextBatch(
  batches: ArchivedFeed["batches"],
): Promise<readonly MarketEvent[] | undefined> {
  try {
    const { done, value } = await batches.next();
    return done === true ? undefined : value;
  } catch (error) {
    if (error instanceof ArchiveError && error.code === "ARCHIVE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** What is archived of a feed is whole up to its last record. */
function itemsOf(
  encoder: Encoder,
  archived: ArchivedFeed,
  batch: readonly MarketEvent[],
): StreamItem[] {
  const { feed } = archived;
  const items: StreamItem[] = batch.map((event) => itemOf(encoder, event));
  archived.lastUs = batch.at(-1)?.receivedAtUs ?? archived.lastUs;
  const watermark = { feed, timeUs: archived.lastUs };
  items.push({ sequence: 0, feed, type: "watermark", watermark });
  return items;
}

function itemOf(encoder: Encoder, event: MarketEvent): StreamItem {
  // The encoder's bytes are of a chunk that they share.
  const payload = encoder.encode(event).slice();
  return { sequence: 0, feed: event.feed, type: event.type, payload };
}

/** Ids of the fires that are archived, of moments from here on, µs. */
export async function archivedFires(
  { env, feeds, storage }: MissedSource,
  fromUs: number,
): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const feed of feeds) {
    const query = { env, feed, types: ["fire"] as const, fromUs };
    try {
      for await (const batch of readArchive(storage, query)) {
        for (const event of batch) if (event.type === "fire") ids.add(event.id);
      }
    } catch (error) {
      if (!(error instanceof ArchiveError && error.code === "ARCHIVE_NOT_FOUND")) throw error;
    }
  }
  return ids;
}

/** Ids of the fires that are told already, of moments since the snapshot. */
export async function publishedFires(
  source: MissedSource,
  from: MissedFrom,
): Promise<Set<string>> {
  const { env, feeds, transport } = source;
  const reachedUs = Math.min(...feeds.map((feed) => from.feeds[feed] ?? 0));
  const ids = await archivedFires(source, Math.max(0, reachedUs - FIRE_MARGIN_US));
  if (!transport.durable) return ids;
  const { firstSequence, createdAtUs, lastSequence } = await transport.state();
  const isSame = createdAtUs === from.stream.createdAtUs;
  const first = isSame ? Math.max(firstSequence, from.stream.sequence) : firstSequence;
  if (lastSequence < first) return ids;
  const span = { from: { sequence: first }, toSequence: lastSequence };
  for await (const batch of transport.read({ filters: recordFilters(env, ["fire"]), ...span })) {
    for (const { id } of batch) if (id !== "") ids.add(id);
  }
  return ids;
}
