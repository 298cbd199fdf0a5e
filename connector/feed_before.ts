import { comparePositions, parsePosition, type Position } from "@ssmd/archive";
import { decode, Encoder } from "@ssmd/codec";
import {
  escapeToken,
  type EventType,
  FEED_TYPES,
  type Gap,
  type MarketEvent,
  nameOfRun,
  recordKind,
  tradeName,
  type Turn,
  TURN_OVERLAP_US,
  type TurnEnd,
} from "@ssmd/market";
import type { InMessage, Transport } from "@ssmd/transport";

/** The turn whose records are read back. */
interface TurnOfFeed {
  env: string;
  feed: string;
  /** Last turn; what it gave away is published again from before its end. */
  turn: Turn;
}

const LOOK_BACK_MESSAGES = 1_024;
const LOOK_BACK_GROWTH = 8;

/** What the bus holds of a feed's last turn. */
interface FeedBefore extends Required<Pick<Turn, "after" | "told" | "gaps">> {
  /** By kind of record. */
  last: ReadonlyMap<string, LastOfKind>;
}

/** Last record of a kind. */
export interface LastOfKind {
  /** Content as {@linkcode RecordContent} encodes it. */
  content: string;
  /** Its receivedAt on the publishing connector's clock, µs. */
  atUs: number;
}

/**
 * Reads a feed's last turn from the bus: its end, the trades just before, and its open gaps.
 * Rejects as the transport does.
 */
export async function readFeedBefore(
  transport: Transport,
  turn: TurnOfFeed,
): Promise<FeedBefore> {
  const { fromUs: turnFromUs, lastGoodAtUs } = turn.turn;
  const { storedAtUs, ...end } = await readEnd(transport, turn);
  const after = { ...end, turnFromUs, ...(lastGoodAtUs !== undefined && { lastGoodAtUs }) };
  return {
    after,
    ...await readNewest(transport, turn, { ...after, storedAtUs }),
    gaps: await readOpenGaps(transport, turn),
  };
}

/** Reads the turn's end and when the bus stored it, by the bus's clock, µs; Infinity = not held. */
async function readEnd(
  transport: Transport,
  { env, feed, turn }: TurnOfFeed,
): Promise<TurnEnd & { storedAtUs: number }> {
  const { run } = turn;
  const floorUs = Math.max(turn.fromUs - 1, turn.after?.atUs ?? -1);
  const filters = FEED_TYPES.map((type) => filterOf(env, feed, type));
  const { firstSequence, lastSequence } = await transport.state();
  for (let count = LOOK_BACK_MESSAGES;; count *= LOOK_BACK_GROWTH) {
    const first = Math.max(firstSequence, lastSequence - count + 1);
    let newest: { position: Position; message: InMessage } | undefined;
    const from = { sequence: first };
    for await (const batch of transport.read({ filters, from, toSequence: lastSequence })) {
      for (const message of batch) {
        const position = parsePosition(message.id);
        if (position?.run !== run) continue;
        if (newest !== undefined && comparePositions(position, newest.position) < 0) continue;
        newest = { position, message };
      }
    }
    if (newest === undefined && first > firstSequence) continue;
    const last = newest && eventOf(newest.message);
    if (last === undefined || last.receivedAtUs <= floorUs) {
      return { run, connection: 0, atUs: floorUs, sequence: 0, storedAtUs: Infinity };
    }
    return {
      run,
      connection: last.connection ?? 0,
      atUs: last.receivedAtUs,
      sequence: last.sequence,
      storedAtUs: newest?.message.storedAtUs ?? Infinity,
    };
  }
}

async function readNewest(
  transport: Transport,
  { env, feed }: TurnOfFeed,
  { atUs: endUs, lastGoodAtUs = endUs, storedAtUs }: TurnEnd & { storedAtUs: number },
): Promise<Pick<FeedBefore, "told" | "last">> {
  const last = new Map<string, LastOfKind>();
  if (endUs <= 0) return { told: { fromUs: 0, trades: [] }, last };
  const content = new RecordContent();
  const trades = [];
  // Delayed records are stored later, never earlier; the bus's clock may differ from ours.
  const lastUs = Math.min(endUs, lastGoodAtUs, storedAtUs);
  const span = {
    filters: ["trade", "ticker", "orderbook", "status"].map((type) => filterOf(env, feed, type)),
    from: { timeUs: lastUs - 3 * TURN_OVERLAP_US },
    toSequence: (await transport.state()).lastSequence,
  };
  for await (const batch of transport.read(span)) {
    for (const message of batch) {
      const event = eventOf(message);
      if (event.type === "trade") trades.push(event);
      else last.set(recordKind(event), { content: content.of(event), atUs: event.receivedAtUs });
    }
  }
  const newestUs = trades.reduce((most, { timestampUs }) => Math.max(most, timestampUs), 0);
  const fromUs = Math.min(newestUs || endUs, lastGoodAtUs) - TURN_OVERLAP_US;
  const around = trades.filter(({ timestampUs }) => timestampUs === 0 || timestampUs >= fromUs);
  return { told: { fromUs, trades: around.map(tradeName) }, last };
}

async function readOpenGaps(transport: Transport, { env, feed, turn }: TurnOfFeed): Promise<Gap[]> {
  const open = new Map<string, Gap>();
  const { firstSequence, lastSequence } = await transport.state();
  const filters = [filterOf(env, feed, "gap")];
  const from = { sequence: firstSequence };
  for await (const batch of transport.read({ filters, from, toSequence: lastSequence })) {
    for (const message of batch) {
      const event = eventOf(message);
      if (event.type !== "gap" || nameOfRun(event.run ?? 0) !== turn.run) continue;
      const name = `${event.connection} ${event.symbol} ${event.channel} ${event.fromUs}`;
      if (event.recovered) open.delete(name);
      else if (event.toUs === 0) open.set(name, event);
    }
  }
  return [...open.values()];
}

function eventOf({ subject, payload }: InMessage): MarketEvent {
  return decode(subject.split(".")[2] as EventType, payload);
}

function filterOf(env: string, feed: string, type: string): string {
  return `${escapeToken(env)}.${escapeToken(feed)}.${type}.>`;
}

/** Content of records, independent of who captured them. */
export class RecordContent {
  #encoder = new Encoder();

  /** Returns the same text for equal records of two captures. */
  of(event: MarketEvent): string {
    const anonymous = { ...event, receivedAtUs: 0, sequence: 0, run: 0, connection: 0 };
    return this.#encoder.encode(anonymous).toBase64();
  }
}
