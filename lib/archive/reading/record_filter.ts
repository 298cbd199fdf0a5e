import type { EventType, MarketEvent } from "@ssmd/market";
import { decode, RecordKeyReader } from "@ssmd/codec";
import { SymbolProbe } from "./symbol_probe.ts";
import type { ClockFilter } from "./clock_filter.ts";

/** Which records of a file are wanted; what no list or span names is. */
interface RecordFilterOptions {
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
  #probe: SymbolProbe | undefined;
  #keys = new RecordKeyReader();

  constructor({ symbols, fromUs, toUs, clock }: RecordFilterOptions) {
    this.symbols = symbols;
    this.#probe = SymbolProbe.of(symbols);
    this.#fromUs = fromUs;
    this.#toUs = toUs;
    this.#clock = clock;
  }

  /**
   * The record of the message from `at` to `end`, undefined when it is not wanted. Throws CodecError.
   */
  wanted(type: EventType, bytes: Uint8Array, at: number, end: number): MarketEvent | undefined {
    if (this.#probe?.isOther(bytes, at, end)) return undefined;
    const message = bytes.subarray(at, end);
    // To read the key costs a third of the record: only where most are passed over.
    if (this.symbols !== undefined) {
      this.#keys.read(message);
      if (!this.symbols.has(this.#keys.symbol)) return undefined;
    }
    const record = decode(type, message);
    return this.#isWithin(record.receivedAtUs) ? record : undefined;
  }

  /** Whether a record of that symbol and receive time, µs, is wanted. */
  isWanted(symbol: string, receivedAtUs: number): boolean {
    return this.symbols?.has(symbol) !== false && this.#isWithin(receivedAtUs);
  }

  #isWithin(receivedAtUs: number): boolean {
    if (receivedAtUs < this.#fromUs || receivedAtUs >= this.#toUs) return false;
    return this.#clock?.isTimed(receivedAtUs) !== false;
  }
}
