import { STREAM_TYPES } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import { jsonPrefix } from "@ssmd/codec";
import { TYPE_INDEX } from "./type_bits.ts";
import { encodeState, type Encoding, ENCODING_COUNT } from "./encoding.ts";

/** Subscribers (`C`) of one market by type, with shared frames of its newest state. */
export class FanoutGroup<C> {
  readonly market: Market;
  /** Common JSON members at the start of each message of the market. */
  readonly jsonPrefix: string;
  /** Index of the market's feed in meters. */
  readonly meterFeedIndex: number;
  /** Clients by type that receive every record. */
  readonly realtime: C[][] = STREAM_TYPES.map(() => []);
  /** Clients by type that receive conflated states. */
  readonly conflated: C[][] = STREAM_TYPES.map(() => []);
  #newest: (Uint8Array | undefined)[] = [];

  constructor(market: Market, meterIndex: number) {
    this.market = market;
    this.meterFeedIndex = meterIndex;
    this.jsonPrefix = jsonPrefix(market.symbol, market.feed.id);
  }

  /** Whether it has no subscribers. */
  get isEmpty(): boolean {
    return this.realtime.every((list) => list.length === 0) &&
      this.conflated.every((list) => list.length === 0);
  }

  /** Discards the shared frames of a type whose state changed. */
  invalidateNewest(type: number): void {
    if (this.#newest.length === 0) return;
    for (let encoding = 0; encoding < ENCODING_COUNT; encoding++) {
      this.#newest[type * ENCODING_COUNT + encoding] = undefined;
    }
  }

  /** Returns the newest state of a type, marked conflated; undefined when there is none. */
  newestFrame(type: number, encoding: Encoding): Uint8Array | undefined {
    return this.#newest[type * ENCODING_COUNT + encoding] ??= encodeState(
      this.market,
      this.jsonPrefix,
      { type, encoding, position: 0, isConflated: true },
    );
  }

  /**
   * Returns the state of a type as of a stream position; undefined when there is none. Only a book
   * carries the position, because it includes every record up to it.
   */
  stateFrame(type: number, encoding: Encoding, position: number): Uint8Array | undefined {
    return encodeState(this.market, this.jsonPrefix, {
      ...{ type, encoding, isConflated: false },
      position: type === TYPE_INDEX.orderbook ? position : 0,
    });
  }
}
