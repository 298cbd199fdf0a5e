import type { EventType, MarketEvent } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";
import { decode } from "./decoder.ts";
import { Encoder } from "./encoder.ts";

/** Offset of the root struct's sizes (data words, pointers) in a single-segment message. */
const SIZES_AT = 12;
const HEAD_BYTES = 16;

/** Minimal record of each type; encoding it reveals the root struct's size. */
const BASE = { timestampUs: 0, receivedAtUs: 0, symbol: "", feed: "", sequence: 0 };
const LEAST: { [T in EventType]: Extract<MarketEvent, { type: T }> } = {
  trade: { type: "trade", ...BASE, price: 0, size: 0, side: "unknown", tradeId: "" },
  ticker: {
    ...{ type: "ticker", ...BASE, bidPrice: null, bidSize: null, askPrice: null, askSize: null },
    ...{ lastPrice: null, lastSize: null, volume24h: null, openInterest: null },
  },
  orderbook: {
    ...{ type: "orderbook", ...BASE, kind: "delta", bids: [], asks: [], depth: 0 },
    checksum: "unverified",
  },
  status: { type: "status", ...BASE, state: "unknown", result: "", detail: "" },
  gap: {
    ...{ type: "gap", ...BASE, reason: "disconnect", fromUs: 0, toUs: 0, missed: null },
    ...{ recovered: false, detail: "", channel: "all" },
  },
  fire: {
    ...{ type: "fire", ...BASE, id: "", signal: "", version: 0, sourceHash: "", paramsHash: "" },
    ...{ causeSequence: 0, causeReceivedAtUs: 0, values: "", engine: "" },
  },
  action: {
    ...{ type: "action", ...BASE, id: "", fireId: "", firedAtUs: 0, signal: "", policy: "" },
    ...{ action: "", kind: "", detail: "", state: "", chosenBy: "", model: "", reason: "" },
    ...{ problem: "", decidedBy: "", values: "" },
  },
};

/** Converts messages of one type to the current encoder's layout. */
export class CanonicalMessages {
  #type: EventType;
  #encoder = new Encoder();
  #dataWords: number;
  #pointers: number;

  constructor(type: EventType) {
    this.#type = type;
    const [dataWords, pointers] = sizesOf(this.#encoder.encode(LEAST[type]));
    this.#dataWords = dataWords;
    this.#pointers = pointers;
  }

  /**
   * Returns the message itself if it has the current schema's layout, else re-encodes its record.
   * Throws CodecError `CODEC_NEWER_SCHEMA` for fields the current schema lacks, which would be
   * lost; otherwise throws like `decode`.
   */
  of(message: Uint8Array): Uint8Array {
    const [dataWords, pointers] = sizesOf(message);
    if (dataWords === this.#dataWords && pointers === this.#pointers) return message;
    if (dataWords > this.#dataWords || pointers > this.#pointers) {
      throw new CodecError(
        "CODEC_NEWER_SCHEMA",
        `A ${this.#type} record was written by a newer schema than this version knows`,
        { hint: "Use the version of ssmd that wrote it, or a newer one" },
      );
    }
    return this.#encoder.encode(decode(this.#type, message));
  }
}

/** Returns the root struct's sizes; zeros unless the message is one segment with the root first. */
function sizesOf(message: Uint8Array): [dataWords: number, pointers: number] {
  const isPlain = message.length >= HEAD_BYTES && uint32At(message, 0) === 0 &&
    uint32At(message, 8) === 0;
  if (!isPlain) return [0, 0];
  const sizes = uint32At(message, SIZES_AT);
  return [sizes & 0xffff, sizes >>> 16];
}

function uint32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) | (bytes[at + 1] as number) << 8 |
    (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24) >>> 0;
}
