import { nsText } from "@ssmd/archive";
import { isoOfUs } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";

/** Differing records that are kept of a symbol, and symbols of which some are kept. */
const KEPT_A_SYMBOL = 3;
const SYMBOLS_KEPT = 1000;

/** Records of a type in two versions. */
export interface TypeComparison {
  type: EventType;
  old: number;
  new: number;
  /** The same but for their number in the connection. */
  same: number;
  /** At the same symbol and time in both, with other values. */
  changed: number;
  onlyOld: number;
  onlyNew: number;
  /** Of the same: those whose number in the connection is another. */
  renumbered: number;
}

/** A field that is not the same. */
interface FieldDifference {
  field: string;
  old: unknown;
  new: unknown;
}

/** A record that is not the same. */
interface RecordDifference {
  symbol: string;
  type: EventType;
  kind: "changed" | "only old" | "only new";
  /** When it was received, ISO. */
  time: string;
  /** When it was received, ns as text. */
  receivedAt: string;
  /** Of the changed: which fields. */
  fields: FieldDifference[];
}

/** Which symbols differ, and how often. */
export interface SymbolComparison {
  symbol: string;
  differences: number;
  /** The first of them. */
  first: RecordDifference[];
}

/** Records that a comparison takes for the same. */
interface ComparisonOptions {
  /** Fields that may differ; default the number in the connection: one record more shifts all behind it. */
  ignored?: readonly string[];
  /** Whether a record without a counterpart is left out, counted nowhere; default none is. */
  isLeftOut?: (event: MarketEvent) => boolean;
}

/**
 * Compares two versions of the same records, given in groups. Records belong together when symbol,
 * type and group are the same.
 */
export class RecordComparison {
  #ignored: ReadonlySet<string>;
  #isLeftOut: (event: MarketEvent) => boolean;
  #types = new Map<EventType, TypeComparison>();
  #symbols = new Map<string, SymbolComparison>();
  /** Symbols that differ and are not listed any more. */
  symbolsLeftOut = 0;

  constructor({ ignored = ["sequence"], isLeftOut = () => false }: ComparisonOptions = {}) {
    this.#ignored = new Set(ignored);
    this.#isLeftOut = isLeftOut;
  }

  /** Records of one group on both sides; either may be empty. */
  group(old: readonly MarketEvent[], now: readonly MarketEvent[]): void {
    for (const event of old) this.#of(event.type).old++;
    for (const event of now) this.#of(event.type).new++;
    if (old.length === now.length && old.every((event, i) => this.#isSame(event, now[i]))) {
      for (let i = 0; i < old.length; i++) this.#same(old[i] as MarketEvent, now[i] as MarketEvent);
      return;
    }
    const rest = Map.groupBy(now, seriesOf);
    for (const [series, olds] of Map.groupBy(old, seriesOf)) {
      this.#pair(olds, rest.get(series) ?? []);
      rest.delete(series);
    }
    for (const news of rest.values()) this.#pair([], news);
  }

  /** By type, those of which there are records. */
  types(): TypeComparison[] {
    return EVENT_TYPES.flatMap((type) => this.#types.get(type) ?? []);
  }

  /** Symbols that differ, most differences first. */
  symbols(): SymbolComparison[] {
    return [...this.#symbols.values()].sort((a, b) =>
      b.differences - a.differences || (a.symbol < b.symbol ? -1 : 1)
    );
  }

  /** Records of one symbol, type and group: equal ones first, then one after another, then what is left. */
  #pair(olds: readonly MarketEvent[], news: readonly MarketEvent[]): void {
    const left = [...news];
    const unequal = olds.filter((event) => {
      const at = left.findIndex((each) => this.#isSame(event, each));
      if (at < 0) return !this.#leaveOut(event, "old");
      this.#same(event, left.splice(at, 1)[0] as MarketEvent);
      return false;
    });
    const others = left.filter((event) => !this.#leaveOut(event, "new"));
    unequal.forEach((event, i) => {
      const other = others[i];
      if (other === undefined) this.#differ(event, "only old", []);
      else this.#differ(event, "changed", this.#fieldsBetween(event, other));
    });
    for (const event of others.slice(unequal.length)) this.#differ(event, "only new", []);
  }

  #leaveOut(event: MarketEvent, side: "old" | "new"): boolean {
    const isLeftOut = this.#isLeftOut(event);
    if (isLeftOut) this.#of(event.type)[side]--;
    return isLeftOut;
  }

  /** Whether two records say the same; fields that may differ aside. */
  #isSame(a: MarketEvent, b: MarketEvent | undefined): boolean {
    if (b === undefined || a.type !== b.type || a.symbol !== b.symbol) return false;
    const others = b as unknown as Record<string, unknown>;
    for (const [field, value] of Object.entries(a)) {
      if (!this.#ignored.has(field) && !isEqual(value, others[field])) return false;
    }
    return true;
  }

  #fieldsBetween(a: MarketEvent, b: MarketEvent): FieldDifference[] {
    const others = b as unknown as Record<string, unknown>;
    return Object.entries(a).filter(([field, value]) =>
      !this.#ignored.has(field) && !isEqual(value, others[field])
    ).map(([field, value]) => ({ field, old: value, new: others[field] }));
  }

  #same(old: MarketEvent, now: MarketEvent): void {
    const type = this.#of(old.type);
    type.same++;
    if (old.sequence !== now.sequence) type.renumbered++;
  }

  #differ(event: MarketEvent, kind: RecordDifference["kind"], fields: FieldDifference[]): void {
    const { symbol, type, receivedAtUs } = event;
    const counts = this.#of(type);
    if (kind === "changed") counts.changed++;
    else if (kind === "only old") counts.onlyOld++;
    else counts.onlyNew++;
    let entry = this.#symbols.get(symbol);
    if (entry === undefined) {
      if (this.#symbols.size >= SYMBOLS_KEPT) {
        this.symbolsLeftOut++;
        return;
      }
      this.#symbols.set(symbol, entry = { symbol, differences: 0, first: [] });
    }
    entry.differences++;
    if (entry.first.length >= KEPT_A_SYMBOL) return;
    const time = isoOfUs(receivedAtUs);
    entry.first.push({ symbol, type, kind, time, receivedAt: nsText(receivedAtUs), fields });
  }

  #of(type: EventType): TypeComparison {
    let counts = this.#types.get(type);
    if (counts === undefined) {
      counts = { type, old: 0, new: 0, same: 0, changed: 0, onlyOld: 0, onlyNew: 0, renumbered: 0 };
      this.#types.set(type, counts);
    }
    return counts;
  }
}

function seriesOf({ type, symbol }: MarketEvent): string {
  return `${type} ${symbol}`;
}

/** Values of records: words, numbers, null, or levels. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((level, i) => level.price === b[i].price && level.size === b[i].size);
}
