import type { EventType, MarketEvent } from "@ssmd/market";
import { decode, RecordKeyReader } from "@ssmd/codec";
import type { ClockFilter } from "./clock_filter.ts";

/** Which records of a file are wanted; what no list or span names is. */
export interface RecordFilterOptions {
  symbols?: ReadonlySet<string> | undefined;
  /** receivedAt, µs; `toUs` is the first moment that is left out. */
  fromUs: number;
  toUs: number;
  /** Which moments are timed by a wanted clock; undefined = all. */
  clock?: ClockFilter | undefined;
}

/** Makes records of messages, those that are wanted. */
export class RecordFilter {
  readonly symbols: ReadonlySet<string> | undefined;
  #fromUs: number;
  #toUs: number;
  #clock: ClockFilter | undefined;
  #keys = new RecordKeyReader();

  constructor({ symbols, fromUs, toUs, clock }: RecordFilterOptions) {
    this.symbols = symbols;
    this.#fromUs = fromUs;
    this.#toUs = toUs;
    this.#clock = clock;
  }

  /** The record of a message, undefined when it is not wanted. Throws CodecError. */
  wanted(type: EventType, message: Uint8Array): MarketEvent | undefined {
    // To read the key costs a third of the record: only where most are passed over.
    if (this.symbols !== undefined) {
      this.#keys.read(message);
      if (!this.symbols.has(this.#keys.symbol)) return undefined;
    }
    const record = decode(type, message);
    const { receivedAtUs } = record;
    if (receivedAtUs < this.#fromUs || receivedAtUs >= this.#toUs) return undefined;
    return this.#clock?.isTimed(receivedAtUs) === false ? undefined : record;
  }
}
