import { EVENT_TYPES } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import { jsonPrefix } from "@ssmd/codec";
import { TYPE_INDEX } from "./type_bits.ts";
import { encodeState, type Encoding, ENCODING_COUNT } from "./encoding.ts";

/** Who (clients `C`) gets what of one market, and its newest state as frames that they share. */
export class FanoutGroup<C> {
  readonly market: Market;
  /** Members that each message of the market begins with. */
  readonly jsonPrefix: string;
  /** Where messages of its feed are counted. */
  readonly meterFeedIndex: number;
  /** Clients by type that get every record. */
  readonly realtime: C[][] = EVENT_TYPES.map(() => []);
  /** Clients by type that get the newest state now and then. */
  readonly conflated: C[][] = EVENT_TYPES.map(() => []);
  #newest: (Uint8Array | undefined)[] = [];

  constructor(market: Market, meterPlace: number) {
    this.market = market;
    this.meterFeedIndex = meterPlace;
    this.jsonPrefix = jsonPrefix(market.symbol, market.feed.id);
  }

  /** Whether anybody wants anything of it. */
  get isEmpty(): boolean {
    return this.realtime.every((list) => list.length === 0) &&
      this.conflated.every((list) => list.length === 0);
  }

  /** The newest state of a type is another one now. */
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
