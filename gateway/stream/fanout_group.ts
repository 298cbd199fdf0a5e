import { STREAM_TYPES } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import { jsonPrefix } from "@ssmd/codec";
import { TYPE_INDEX } from "./type_bits.ts";
import { encodeState, type Encoding, ENCODING_COUNT } from "./encoding.ts";

/** Subscribers (`C`) of one market by type, with shared frames of its newest state. */
export class FanoutGroup<C> {
  readonly market: Market;
  /** First members of each message of the market. */
  readonly jsonPrefix: string;
  /** Index of its feed in meters. */
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

  /** Discards the shared frames of a type: its state changed. */
  invalidateNewest(type: number): void {
    if (this.#newest.length === 0) return;
    for (let encoding = 0; encoding < ENCODING_COUNT; encoding++) {
      this.#newest[type * ENCODING_COUNT + encoding] = undefined;
    }
  }

  /** The newest state of a type, marked conflated; undefined when there is none. */
  newestFrame(type: number, encoding: Encoding): Uint8Array | undefined {
    return this.#newest[type * ENCODING_COUNT + encoding] ??= encodeState(
      this.market,
      this.jsonPrefix,
      { type, encoding, position: 0, isConflated: true },
    );
  }

  /**
   * The state of a type as of a stream position; undefined when there is none. Only a book carries
   * the position, as it holds every record up to there.
   */
  stateFrame(type: number, encoding: Encoding, position: number): Uint8Array | undefined {
    return encodeState(this.market, this.jsonPrefix, {
      ...{ type, encoding, isConflated: false },
      position: type === TYPE_INDEX.orderbook ? position : 0,
    });
  }
}
