import type { EventType, MarketEvent } from "@ssmd/market";
import { decodeAction } from "./generated/action.ts";
import { decodeFire } from "./generated/fire.ts";
import { decodeGap } from "./generated/gap.ts";
import { decodeOrderBook } from "./generated/orderbook.ts";
import { decodeStatus } from "./generated/status.ts";
import { decodeTicker } from "./generated/ticker.ts";
import { decodeTrade } from "./generated/trade.ts";
import { MessageReader } from "./message_reader.ts";

const reader = new MessageReader();

/**
 * Decodes one whole message in any number of segments, written with this schema, an older one
 * (missing fields read as defaults) or a newer one (unknown fields are ignored; an unknown enum
 * value reads as `unknown`, else as the first value). Rounds venue times down to µs. Throws
 * CodecError when the bytes are not such a message.
 */
export function decode<T extends EventType>(
  type: T,
  bytes: Uint8Array,
): Extract<MarketEvent, { type: T }>;
export function decode(type: EventType, bytes: Uint8Array): MarketEvent {
  return decodeAt(type, bytes, 0, bytes.length);
}

/** Decodes the message from `start` to `end` of the bytes; see {@linkcode decode}. */
export function decodeAt(
  type: EventType,
  bytes: Uint8Array,
  start: number,
  end: number,
): MarketEvent {
  reader.open(bytes, start, end);
  switch (type) {
    case "trade":
      return decodeTrade(reader);
    case "ticker":
      return decodeTicker(reader);
    case "orderbook":
      return decodeOrderBook(reader);
    case "status":
      return decodeStatus(reader);
    case "gap":
      return decodeGap(reader);
    case "fire":
      return decodeFire(reader);
    case "action":
      return decodeAction(reader);
  }
}
