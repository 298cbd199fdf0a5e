import { Encoder } from "@ssmd/codec";
import { type MarketEvent, STREAM_TYPES } from "@ssmd/market";
import type { EnrichedMessage, Market, RecordOrigin } from "../state/market.ts";
import { TYPE_INDEX } from "./type_bits.ts";
import { deflatedFrame, FrameArena, stateRecordFrame, textFrame } from "./frames.ts";
import type { FrameMeta } from "./frame_meta.ts";
import { jsonPrefix, recordJson } from "@ssmd/codec";
import { bookStateJson, positionJson } from "./book_json.ts";

/** Encodings of records. A record is encoded once per encoding in use; clients share the frame. */
export const ENCODING = { json: 0, deflatedJson: 1, capnp: 2 } as const;
/** Index of an encoding. */
export type Encoding = typeof ENCODING[keyof typeof ENCODING];
/** Number of encodings. */
export const ENCODING_COUNT = 3;

/** Maximum number of cached metas of one market. */
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

/** The frames of one record, each encoded when the first client of its encoding receives it. */
export class RecordFrames<S extends { readonly jsonPrefix: string }> {
  #arenas = Array.from({ length: ENCODING_COUNT }, () => new FrameArena());
  #prepared: (PreparedFrame<S> | undefined)[] = [];
  /** Long-lived and shared, to keep buffered messages cheap for the garbage collector. */
  #metas = new WeakMap<S, Map<number, FrameMeta<S>>>();
  #event: MarketEvent | EnrichedMessage | undefined;
  #subject: S | undefined;
  #prefix = "";
  #origin: RecordOrigin | undefined;

  /**
   * Starts the next record. `subject` is undefined for a record of a whole feed, `origin` for one
   * that did not come from the bus.
   */
  begin(
    event: MarketEvent | EnrichedMessage,
    subject: S | undefined,
    origin: RecordOrigin | undefined,
  ): void {
    this.#event = event;
    this.#subject = subject;
    this.#prefix = subject?.jsonPrefix ?? jsonPrefix(event.symbol, event.feed);
    this.#origin = origin;
    this.#prepared.length = 0;
  }

  /** Returns the record's frame in an encoding. */
  frameIn(encoding: Encoding): PreparedFrame<S> {
    return this.#prepared[encoding] ??= this.#prepare(
      encoding,
      this.#event as MarketEvent | EnrichedMessage,
    );
  }

  #prepare(encoding: Encoding, event: MarketEvent | EnrichedMessage): PreparedFrame<S> {
    const arena = this.#arenas[encoding] as FrameArena;
    const position = this.#origin?.position ?? 0;
    if (event.type === "enriched") {
      if (encoding === ENCODING.deflatedJson) arena.appendDeflated(event.json);
      else arena.appendText(event.json);
    } else if (encoding === ENCODING.capnp) {
      const record = this.#origin?.payload ?? ENCODER.encode(event);
      arena.appendRecord(record, TYPE_INDEX[event.type], position);
    } else {
      const text = recordJson(event, this.#prefix, positionJson(position));
      if (encoding === ENCODING.json) arena.appendText(text);
      else arena.appendDeflated(text);
    }
    const { buffer, start, end } = arena;
    const isSnapshot = event.type === "orderbook" && event.kind === "snapshot";
    const meta = this.#metaOf(end - start, TYPE_INDEX[event.type], isSnapshot);
    return { buffer, start, end, meta };
  }

  /** Returns a cached meta: records of a market often have the same one. */
  #metaOf(bytes: number, type: number, isSnapshot: boolean): FrameMeta<S> {
    const subject = this.#subject;
    if (subject === undefined) return { bytes, type, isSnapshot, subject };
    let metas = this.#metas.get(subject);
    if (metas === undefined) this.#metas.set(subject, metas = new Map());
    const key = (bytes * STREAM_TYPES.length + type) * 2 + Number(isSnapshot);
    let meta = metas.get(key);
    if (meta !== undefined) return meta;
    if (metas.size >= METAS_MAX) metas.clear();
    metas.set(key, meta = { bytes, type, isSnapshot, subject });
    return meta;
  }
}

/** Options of {@linkcode encodeState}. */
interface StateOptions {
  /** Index in STREAM_TYPES. */
  type: number;
  encoding: Encoding;
  /** Stream position up to which the state is complete; 0 = left out. */
  position: number;
  /** Whether JSON encodings mark it as conflated. */
  isConflated: boolean;
}

/** Encodes the newest state of a market's type as its own frame; undefined when there is none. */
export function encodeState(
  market: Market,
  prefix: string,
  { type, encoding, position, isConflated }: StateOptions,
): Uint8Array | undefined {
  if (type === TYPE_INDEX.enriched) {
    const json = market.enriched?.json;
    if (json === undefined) return undefined;
    const text = isConflated ? `${json.slice(0, -1)}${CONFLATED}}` : json;
    return encoding === ENCODING.deflatedJson ? deflatedFrame(text) : textFrame(text);
  }
  if (encoding === ENCODING.capnp) {
    const event = stateEvent(market, type);
    return event && stateRecordFrame(ENCODER.encode(event), type, position);
  }
  const text = stateText(market, type, {
    prefix,
    extra: isConflated ? CONFLATED : positionJson(position),
  });
  if (text === undefined) return undefined;
  return encoding === ENCODING.json ? textFrame(text) : deflatedFrame(text);
}

function stateText(
  market: Market,
  type: number,
  { prefix, extra }: { prefix: string; extra: string },
): string | undefined {
  if (type === TYPE_INDEX.orderbook) {
    return market.bookState === "live" ? bookStateJson(market, prefix, extra) : undefined;
  }
  const event = stateEvent(market, type);
  if (event === undefined) return undefined;
  if (type === TYPE_INDEX.gap) return recordJson(event, jsonPrefix(event.symbol, event.feed));
  const count = type === TYPE_INDEX.trade ? `,"count":${market.tradeCount}` : "";
  return recordJson(event, prefix, extra + count);
}

function stateEvent(market: Market, type: number): MarketEvent | undefined {
  if (type === TYPE_INDEX.trade) return market.trades.at(-1);
  if (type === TYPE_INDEX.ticker) return market.ticker;
  if (type === TYPE_INDEX.status) return market.status;
  if (type === TYPE_INDEX.gap) return market.openGap;
  // Fires and actions are events without a state.
  if (type >= TYPE_INDEX.fire) return undefined;
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
