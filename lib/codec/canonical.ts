import type { EventType, MarketEvent } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";
import { decode } from "./decoder.ts";
import { Encoder } from "./encoder.ts";

/** Where the sizes of the root struct stand in a message of one segment: data, then pointers, in words. */
const SIZES_AT = 12;
const HEAD_BYTES = 16;

/** The least record of each type: its message shows how large the root struct is. */
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

/** Gives the messages of one type as today's encoder would write their records. */
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
   * The message itself where it is laid out by today's schema, else a new one of the same record.
   * Throws CodecError `CODEC_NEWER_SCHEMA` for a message with fields that today's schema does not have:
   * they would be lost; and as `decode`.
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

/** Sizes of the root struct; nothing where the message is not one segment with the root in front. */
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
