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
import type { InMessage, Transport } from "@ssmd/transport";
import type { Snapshot } from "./snapshots.ts";
import { type StreamItem, StreamItems } from "./stream_item.ts";

/** Sources of missed records. */
export interface MissedSource {
  env: string;
  feeds: readonly string[];
  transport: Transport;
  storage: Storage;
}

/** Position after which records are missing. */
export type MissedFrom = Pick<Snapshot, "stream" | "feeds">;

/** A fire's time may lie this far back: it may have waited for another feed's watermark. */
const FIRE_MARGIN_US = 600_000_000;
/** Maximum clock skew between this machine and the bus. */
export const STORE_SKEW_US = 5_000_000;

/** Returns whether records from before now exist on the bus or in the archive. */
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
 * Returns the start position without a snapshot: the day's first records, which are full books,
 * early enough to be warm now. With undefined `warmupUs`: the very first record.
 */
export function coldStart(feeds: readonly string[], warmupUs: number | undefined): MissedFrom {
  const warmUs = warmupUs === undefined ? 0 : nowUs() - warmupUs;
  const fromUs = Math.max(0, warmUs - warmUs % DAY_US);
  return {
    stream: { createdAtUs: 0, sequence: 0 },
    feeds: Object.fromEntries(feeds.map((feed) => [feed, fromUs])),
  };
}

/** Returns the subject filters for the signals' input. */
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
 * Reads the items since a snapshot up to now: from the bus if it still holds all of them, else from
 * the archive and then all that the bus has. What the bus drops meanwhile is read from the archive,
 * before what came later. Items may repeat; none is missing. Returns the last stream sequence
 * covered, 0 for a bus without storage.
 */
export async function* missedItems(
  source: MissedSource,
  from: MissedFrom,
): AsyncGenerator<StreamItem[], number> {
  const { transport } = source;
  const state = await transport.state();
  const isSame = transport.durable && state.createdAtUs === from.stream.createdAtUs &&
    state.firstSequence <= from.stream.sequence + 1;
  const reached = { ...from.feeds };
  if (!isSame) yield* archivedItems(source, reached);
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
  let next = begin.sequence ?? state.firstSequence;
  for await (const batch of transport.read({ filters, ...span })) {
    if (await hasDropped(transport, next, batch)) yield* archivedItems(source, reached);
    yield batch.flatMap((message) => items.of(message) ?? []);
    next = (batch.at(-1)?.streamSequence ?? next - 1) + 1;
  }
  const isReached = next > state.lastSequence;
  if (!isReached && await hasDropped(transport, next)) yield* archivedItems(source, reached);
  return state.lastSequence;
}

/**
 * Returns whether the bus may have dropped messages from `next` on before this batch, or all that
 * were left. A jump may also be messages that match no filter.
 */
export async function hasDropped(
  transport: Transport,
  next: number,
  batch: readonly InMessage[] = [],
): Promise<boolean> {
  let expected = next;
  for (const { streamSequence } of batch) {
    if (streamSequence !== expected) break;
    expected++;
  }
  if (batch.length > 0 && expected === next + batch.length) return false;
  return (await transport.state()).firstSequence > expected;
}

/** Reading position of one archived feed. */
interface ArchivedFeed {
  feed: string;
  batches: AsyncIterator<readonly MarketEvent[]>;
  /** Time of the last record read, µs. */
  lastUs: number;
}

/**
 * Reads archived records from each feed's reached time on, interleaved by time and with watermarks,
 * so that no feed waits long for another. Moves these times on.
 */
async function* archivedItems(
  { env, feeds, storage }: MissedSource,
  reached: Record<string, number>,
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
    else {
      yield itemsOf(encoder, next, batch);
      reached[next.feed] = next.lastUs;
    }
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

/** Converts a batch; a feed's archive is complete up to its last record. */
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
  return { sequence: 0, feed: event.feed, type: event.type, payload: encoder.encode(event) };
}

/** Returns the ids of archived fires from a time on, µs. */
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

/**
 * Returns the ids of fires already published since the snapshot. The archive is read after the bus,
 * so that it has what the bus drops meanwhile.
 */
export async function publishedFires(
  source: MissedSource,
  from: MissedFrom,
): Promise<Set<string>> {
  const reachedUs = Math.min(...source.feeds.map((feed) => from.feeds[feed] ?? 0));
  const onBus = await firesOnBus(source, from.stream);
  return onBus.union(await archivedFires(source, Math.max(0, reachedUs - FIRE_MARGIN_US)));
}

async function firesOnBus(
  { env, transport }: MissedSource,
  { createdAtUs, sequence }: MissedFrom["stream"],
): Promise<Set<string>> {
  const ids = new Set<string>();
  if (!transport.durable) return ids;
  const state = await transport.state();
  const isSame = state.createdAtUs === createdAtUs;
  const first = isSame ? Math.max(state.firstSequence, sequence) : state.firstSequence;
  if (state.lastSequence < first) return ids;
  const span = { from: { sequence: first }, toSequence: state.lastSequence };
  for await (const batch of transport.read({ filters: recordFilters(env, ["fire"]), ...span })) {
    for (const { id } of batch) if (id !== "") ids.add(id);
  }
  return ids;
}
