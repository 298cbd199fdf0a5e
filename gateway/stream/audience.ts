import { EVENT_TYPES } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import { headJson } from "./record_json.ts";
import { TYPE_INDEX } from "./type_bits.ts";
import { stateFrame, type View, VIEW_COUNT } from "./views.ts";

/** Who (clients `C`) gets what of one market, and its newest state as frames that they share. */
export class Audience<C> {
  readonly market: Market;
  /** Members that each message of the market begins with. */
  readonly head: string;
  /** Where messages of its feed are counted. */
  readonly meterPlace: number;
  /** Clients by type that get every record. */
  readonly realtime: C[][] = EVENT_TYPES.map(() => []);
  /** Clients by type that get the newest state now and then. */
  readonly conflated: C[][] = EVENT_TYPES.map(() => []);
  #newest: (Uint8Array | undefined)[] = [];

  constructor(market: Market, meterPlace: number) {
    this.market = market;
    this.meterPlace = meterPlace;
    this.head = headJson(market.symbol, market.feed.id);
  }

  /** Whether anybody wants anything of it. */
  get empty(): boolean {
    return this.realtime.every((list) => list.length === 0) &&
      this.conflated.every((list) => list.length === 0);
  }

  /** The newest state of a type is another one now. */
  changed(type: number): void {
    if (this.#newest.length === 0) return;
    for (let view = 0; view < VIEW_COUNT; view++) {
      this.#newest[type * VIEW_COUNT + view] = undefined;
    }
  }

  /** The newest state of a type, marked conflated; undefined when there is none. */
  newest(type: number, view: View): Uint8Array | undefined {
    return this.#newest[type * VIEW_COUNT + view] ??= stateFrame(
      this.market,
      this.head,
      type,
      view,
      { position: 0, isConflated: true },
    );
  }

  /**
   * The state of a type as of a place of the stream; undefined when there is none. Only a whole
   * book is told the place: it holds everything up to there, where other records are of before.
   */
  state(type: number, view: View, position: number): Uint8Array | undefined {
    const place = type === TYPE_INDEX.orderbook ? position : 0;
    const how = { position: place, isConflated: false };
    return stateFrame(this.market, this.head, type, view, how);
  }
}
