import { nsText } from "@ssmd/archive";
import { isoOfUs } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";

/** Differences kept per symbol, and maximum listed symbols. */
const KEPT_A_SYMBOL = 3;
const SYMBOLS_KEPT = 1000;

/** Record counts of a type in two versions. */
export interface TypeComparison {
  type: EventType;
  old: number;
  new: number;
  /** Equal except for the sequence in the connection. */
  same: number;
  /** At the same symbol and time in both, with different values. */
  changed: number;
  onlyOld: number;
  onlyNew: number;
  /** Of `same`: those with another sequence in the connection. */
  renumbered: number;
}

/** A field with different values. */
interface FieldDifference {
  field: string;
  old: unknown;
  new: unknown;
}

/** A record that differs. */
interface RecordDifference {
  symbol: string;
  type: EventType;
  kind: "changed" | "only old" | "only new";
  /** Receive time, ISO. */
  time: string;
  /** Receive time, ns as text. */
  receivedAt: string;
  /** Changed fields; empty unless `changed`. */
  fields: FieldDifference[];
}

/** Differences of a symbol. */
export interface SymbolComparison {
  symbol: string;
  differences: number;
  /** The first differences. */
  first: RecordDifference[];
}

/** Options of a comparison. */
interface ComparisonOptions {
  /** Fields that may differ; default the sequence: one more record shifts all later ones. */
  ignored?: readonly string[];
  /** Whether to leave a record without counterpart uncounted; default: count all. */
  isLeftOut?: (event: MarketEvent) => boolean;
}

/**
 * Compares two versions of the same records, group by group. Matches records by symbol, type and
 * group.
 */
export class RecordComparison {
  #ignored: ReadonlySet<string>;
  #isLeftOut: (event: MarketEvent) => boolean;
  #types = new Map<EventType, TypeComparison>();
  #symbols = new Map<string, SymbolComparison>();
  #leftOut = new Set<string>();

  constructor({ ignored = ["sequence"], isLeftOut = () => false }: ComparisonOptions = {}) {
    this.#ignored = new Set(ignored);
    this.#isLeftOut = isLeftOut;
  }

  /** Number of symbols that differ and are not listed. */
  get symbolsLeftOut(): number {
    return this.#leftOut.size;
  }

  /** Compares one group's records of both sides; either may be empty. */
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

  /** Counts by type, for types with records. */
  types(): TypeComparison[] {
    return EVENT_TYPES.flatMap((type) => this.#types.get(type) ?? []);
  }

  /** Symbols with differences, most differences first. */
  symbols(): SymbolComparison[] {
    return [...this.#symbols.values()].sort((a, b) =>
      b.differences - a.differences || (a.symbol < b.symbol ? -1 : 1)
    );
  }

  /** Pairs one symbol's records of a type and group: equal ones first, then the rest in order. */
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

  /** Returns whether two records are equal except for ignored fields. */
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
        this.#leftOut.add(symbol);
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

/** Compares field values: strings, numbers, null, or levels. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((level, i) => level.price === b[i].price && level.size === b[i].size);
}
