import type { EventType, MarketEvent } from "@ssmd/market";
import { decode, RecordKeyReader } from "@ssmd/codec";
import { SymbolProbe } from "./symbol_probe.ts";
import type { ClockFilter } from "./clock_filter.ts";

/** Selection of a file's records; absent fields select all. */
interface RecordFilterOptions {
  symbols?: ReadonlySet<string> | undefined;
  /** Range of receivedAt, µs; `toUs` is exclusive. */
  fromUs: number;
  toUs: number;
  /** Selects moments timed by a wanted clock; undefined = all. */
  clock?: ClockFilter | undefined;
}

/** Decodes messages to records and drops those not selected. */
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

  /** Decodes the message from `at` to `end`; undefined when not selected. Throws CodecError. */
  wanted(type: EventType, bytes: Uint8Array, at: number, end: number): MarketEvent | undefined {
    if (this.#probe?.isOther(bytes, at, end)) return undefined;
    const message = bytes.subarray(at, end);
    // Reading the key costs a third of a full decode: worth it only when most records are dropped.
    if (this.symbols !== undefined) {
      this.#keys.read(message);
      if (!this.symbols.has(this.#keys.symbol)) return undefined;
    }
    const record = decode(type, message);
    return this.#isWithin(record.receivedAtUs) ? record : undefined;
  }

  /** Returns whether a record with that symbol and receive time, µs, is selected. */
  isWanted(symbol: string, receivedAtUs: number): boolean {
    return this.symbols?.has(symbol) !== false && this.#isWithin(receivedAtUs);
  }

  #isWithin(receivedAtUs: number): boolean {
    if (receivedAtUs < this.#fromUs || receivedAtUs >= this.#toUs) return false;
    return this.#clock?.isTimed(receivedAtUs) !== false;
  }
}
