import type { MarketEvent } from "@ssmd/market";
import { encodeAction } from "./generated/action.ts";
import { encodeFire } from "./generated/fire.ts";
import { encodeGap } from "./generated/gap.ts";
import { encodeOrderBook } from "./generated/orderbook.ts";
import { encodeStatus } from "./generated/status.ts";
import { encodeTicker } from "./generated/ticker.ts";
import { encodeTrade } from "./generated/trade.ts";
import { MessageWriter } from "./message_writer.ts";

/** Writes records as standard Cap'n Proto messages: unpacked, one segment, its table in front. */
export class Encoder {
  readonly #writer = new MessageWriter();

  /**
   * The message of a record. The bytes are a view into a chunk of 256 KiB that they share with
   * their neighbours; they never change, and hold the chunk for as long as someone holds them.
   * Throws CodecError (CODEC_OUT_OF_RANGE) when a time, count or word has no place in the schema.
   */
  encode(event: MarketEvent): Uint8Array<ArrayBuffer> {
    switch (event.type) {
      case "trade":
        return encodeTrade(this.#writer, event);
      case "ticker":
        return encodeTicker(this.#writer, event);
      case "orderbook":
        return encodeOrderBook(this.#writer, event);
      case "status":
        return encodeStatus(this.#writer, event);
      case "gap":
        return encodeGap(this.#writer, event);
      case "fire":
        return encodeFire(this.#writer, event);
      case "action":
        return encodeAction(this.#writer, event);
    }
  }
}
