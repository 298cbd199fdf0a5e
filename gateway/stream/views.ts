import { Encoder } from "@ssmd/codec";
import { EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import { TYPE_INDEX } from "./type_bits.ts";
import { deflatedFrame, FrameArena, stateRecordFrame, textFrame } from "./frames.ts";
import type { FrameMeta } from "./frame_meta.ts";
import { bookStateJson, headJson, recordJson } from "./record_json.ts";

/**
 * How records are written for a client. A record is encoded once for each view that somebody wants,
 * and the frame is shared by all clients of that view.
 */
export const VIEW = { json: 0, deflatedJson: 1, capnp: 2 } as const;
/** Place of a view. */
export type View = typeof VIEW[keyof typeof VIEW];
/** Number of views. */
export const VIEW_COUNT = 3;

/** Sizes of records of one market that are remembered. */
const METAS_MAX = 256;
const CONFLATED = ',"conflated":true';
const ENCODER = new Encoder();

/** One prepared frame: `buffer[start, end)`. */
export interface PreparedFrame<S> {
  buffer: Uint8Array;
  start: number;
  end: number;
  meta: FrameMeta<S>;
}

/** The frames of one record, each made when the first client of its view gets it. */
export class RecordFrames<S extends object> {
  #arenas = Array.from({ length: VIEW_COUNT }, () => new FrameArena());
  #prepared: (PreparedFrame<S> | undefined)[] = [];
  /** Long-lived, so that thousands that wait for a stuck client are no work for the collector. */
  #metas = new WeakMap<S, Map<number, FrameMeta<S>>>();
  #event: MarketEvent | undefined;
  #subject: S | undefined;
  #head = "";
  #position = 0;
  #payload: Uint8Array | undefined;

  /**
   * The next record. `head` is of its symbol; `position` and `payload` are those of the bus (0 and
   * undefined where it did not come from there).
   */
  begin(
    event: MarketEvent,
    head: string,
    subject: S | undefined,
    position: number,
    payload: Uint8Array | undefined,
  ): void {
    this.#event = event;
    this.#head = head;
    this.#subject = subject;
    this.#position = position;
    this.#payload = payload;
    this.#prepared.length = 0;
  }

  /** The record's frame in a view. */
  in(view: View): PreparedFrame<S> {
    return this.#prepared[view] ??= this.#prepare(view, this.#event as MarketEvent);
  }

  #prepare(view: View, event: MarketEvent): PreparedFrame<S> {
    const arena = this.#arenas[view] as FrameArena;
    if (view === VIEW.capnp) {
      const record = this.#payload ?? ENCODER.encode(event);
      arena.appendRecord(record, TYPE_INDEX[event.type], this.#position);
    } else {
      const text = recordJson(event, this.#head, "", this.#position);
      if (view === VIEW.json) arena.appendText(text);
      else arena.appendDeflated(text);
    }
    const { buffer, start, end } = arena;
    const isSnapshot = event.type === "orderbook" && event.kind === "snapshot";
    const meta = this.#metaOf(end - start, TYPE_INDEX[event.type], isSnapshot);
    return { buffer, start, end, meta };
  }

  /** Records of a market resemble each other: what is known of one is shared with the next. */
  #metaOf(bytes: number, type: number, isSnapshot: boolean): FrameMeta<S> {
    const subject = this.#subject;
    if (subject === undefined) return { bytes, type, isSnapshot, subject };
    let metas = this.#metas.get(subject);
    if (metas === undefined) this.#metas.set(subject, metas = new Map());
    const key = (bytes * EVENT_TYPES.length + type) * 2 + Number(isSnapshot);
    let meta = metas.get(key);
    if (meta !== undefined) return meta;
    if (metas.size >= METAS_MAX) metas.clear();
    metas.set(key, meta = { bytes, type, isSnapshot, subject });
    return meta;
  }
}

/**
 * The newest state of a type of a market as a frame of its own; undefined when there is none.
 * `position` is told where it is not 0; `isConflated` marks the state as such in the JSON views.
 */
export function stateFrame(
  market: Market,
  head: string,
  type: number,
  view: View,
  { position, isConflated }: { position: number; isConflated: boolean },
): Uint8Array | undefined {
  if (view === VIEW.capnp) {
    const event = stateEvent(market, type);
    return event && stateRecordFrame(ENCODER.encode(event), type, position);
  }
  const place = position === 0 ? "" : `,"pos":${position}`;
  const text = stateText(market, head, type, isConflated ? CONFLATED : place);
  if (text === undefined) return undefined;
  return view === VIEW.json ? textFrame(text) : deflatedFrame(text);
}

function stateText(
  market: Market,
  head: string,
  type: number,
  extra: string,
): string | undefined {
  if (type === TYPE_INDEX.orderbook) {
    return market.bookState === "live" ? bookStateJson(market, head, extra) : undefined;
  }
  const event = stateEvent(market, type);
  if (event === undefined) return undefined;
  if (type === TYPE_INDEX.gap) return recordJson(event, headJson(event.symbol, event.feed));
  const count = type === TYPE_INDEX.trade ? `,"count":${market.tradeCount}` : "";
  return recordJson(event, head, extra + count);
}

function stateEvent(market: Market, type: number): MarketEvent | undefined {
  if (type === TYPE_INDEX.trade) return market.trades.at(-1);
  if (type === TYPE_INDEX.ticker) return market.ticker;
  if (type === TYPE_INDEX.status) return market.status;
  if (type === TYPE_INDEX.gap) return market.openGap;
  return market.bookState === "live" ? bookEvent(market) : undefined;
}

function bookEvent(market: Market): MarketEvent {
  const levels = (side: { prices: number[]; sizes: number[] }) =>
    side.prices.map((price, i) => ({ price, size: side.sizes[i] as number }));
  return {
    type: "orderbook",
    kind: "snapshot",
    timestampUs: market.bookTimestampUs,
    receivedAtUs: market.bookReceivedAtUs,
    symbol: market.symbol,
    feed: market.feed.id,
    sequence: market.bookSequence,
    bids: levels(market.book.bids),
    asks: levels(market.book.asks),
    depth: market.depth,
    checksum: market.checksum,
  };
}
