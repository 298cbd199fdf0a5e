import type { MarketEvent } from "@ssmd/market";
import { encodeAction } from "./generated/action.ts";
import { encodeFire } from "./generated/fire.ts";
import { encodeGap } from "./generated/gap.ts";
import { encodeOrderBook } from "./generated/orderbook.ts";
import { encodeStatus } from "./generated/status.ts";
import { encodeTicker } from "./generated/ticker.ts";
import { encodeTrade } from "./generated/trade.ts";
import { MessageWriter } from "./message_writer.ts";

/** Encodes records as standard Cap'n Proto messages: unpacked, one segment, with its table. */
export class Encoder {
  readonly #writer = new MessageWriter();

  /**
   * Encodes a record. The bytes are a view into a 256 KiB chunk shared with other messages; they
   * never change and keep the chunk alive while referenced. Throws CodecError (CODEC_OUT_OF_RANGE)
   * when a time, count or enum value does not fit the schema.
   */
  encode(event: MarketEvent): Uint8Array<ArrayBuffer> {
    writeMessage(this.#writer, event);
    return this.#writer.message;
  }
}

/** Writes the message of a record; throws as {@linkcode Encoder.encode}. */
export function writeMessage(out: MessageWriter, event: MarketEvent): void {
  switch (event.type) {
    case "trade":
      return encodeTrade(out, event);
    case "ticker":
      return encodeTicker(out, event);
    case "orderbook":
      return encodeOrderBook(out, event);
    case "status":
      return encodeStatus(out, event);
    case "gap":
      return encodeGap(out, event);
    case "fire":
      return encodeFire(out, event);
    case "action":
      return encodeAction(out, event);
  }
}
