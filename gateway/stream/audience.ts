import { EVENT_TYPES } from "@ssmd/market";
import type { Market } from "../state/market.ts";
import { textFrame } from "./frames.ts";
import { bookStateJson, headJson, recordJson } from "./record_json.ts";

/** Places of the types in EVENT_TYPES, as indexes and bits of masks. */
export const TYPE_INDEX = { trade: 0, ticker: 1, orderbook: 2, status: 3, gap: 4 } as const;
/** Gaps go to everyone who gets anything of a market: no client has a silent hole. */
export const GAP_BIT: number = 1 << TYPE_INDEX.gap;
/** Kept whole in every mode: they are rare, and each one matters. */
export const NEVER_CONFLATED: number = GAP_BIT | (1 << TYPE_INDEX.status);

const CONFLATED = ',"conflated":true';

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
  #stateFrames: (Uint8Array | undefined)[] = [];

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
    this.#stateFrames[type] = undefined;
  }

  /** The newest state of a type as a frame, marked conflated; undefined when there is none. */
  stateFrame(type: number): Uint8Array | undefined {
    const known = this.#stateFrames[type];
    if (known !== undefined) return known;
    const text = this.stateText(type, CONFLATED);
    if (text === undefined) return undefined;
    return this.#stateFrames[type] = textFrame(text);
  }

  /** The newest state of a type as a message; undefined when there is none. */
  stateText(type: number, extra: string): string | undefined {
    const market = this.market;
    if (type === TYPE_INDEX.orderbook) {
      return market.bookState === "live" ? bookStateJson(market, this.head, extra) : undefined;
    }
    if (type === TYPE_INDEX.trade) {
      const trade = market.trades.at(-1);
      return trade && recordJson(trade, this.head, `${extra},"count":${market.tradeCount}`);
    }
    if (type === TYPE_INDEX.gap) {
      const gap = market.openGap;
      return gap && recordJson(gap, headJson(gap.symbol, gap.feed));
    }
    const record = type === TYPE_INDEX.ticker ? market.ticker : market.status;
    return record && recordJson(record, this.head, extra);
  }
}
