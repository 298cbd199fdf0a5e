import { createHash } from "node:crypto";
import { suggestion } from "@ssmd/runtime";
import { ExpressionError, parseExpression, type Scope, type WindowFunction } from "./expression.ts";
import type { Evaluate } from "./operation.ts";
import { REFERENCE_FIELDS } from "./reference_fields.ts";
import { PRICE, SIZE, type Unit, unitText } from "./unit.ts";

/** Increased when the same records and enrichers give different values. */
const CHAIN_VERSION = 2;

/** Values calculated by expressions. */
interface Calculation {
  type: "calculation";
  /** Name → expression; may refer to earlier ones. */
  values: Record<string, string>;
}

/** Quality of the book. */
interface Quality {
  type: "quality";
  /** Stale without a trade or update for this long, ms; absent = never stale. */
  stale_after?: number;
  /** Wide above this spread, in basis points of the mid; absent = never wide. */
  wide_above_bps?: number;
}

/** Fields of the security master, as known at the row's time. */
interface ReferenceJoin {
  type: "reference_join";
  fields: string[];
}

/** The same instrument on another feed. */
interface CrossFeed {
  type: "cross_feed";
  /** Our symbol → the instrument's symbol on another feed. */
  symbols: Record<string, string>;
}

/** Configuration of one enricher. */
export type EnricherSpec =
  & { name: string; enabled?: boolean }
  & (Calculation | Quality | ReferenceJoin | CrossFeed);

/** A column added by an enricher. */
interface EnrichedColumn {
  name: string;
  enricher: string;
  kind: "double" | "word";
  /** Unit of the values; "" for words. */
  unit: string;
}

/** Slots of the values from records; NaN = unknown. */
export const SLOTS = {
  bid: 0,
  ask: 1,
  bid_size: 2,
  ask_size: 3,
  last: 4,
  last_size: 5,
  other_bid: 6,
  other_ask: 7,
} as const;
const SLOT_UNITS: Readonly<Record<keyof typeof SLOTS, Unit>> = {
  bid: PRICE,
  ask: PRICE,
  bid_size: SIZE,
  ask_size: SIZE,
  last: PRICE,
  last_size: SIZE,
  other_bid: PRICE,
  other_ask: PRICE,
};
const OTHER = ["other_bid", "other_ask"];
/** Names present in every row. */
const TAKEN = ["type", "symbol", "feed", "time", "valid", "chain", "conflated"];

/** Validated enrichers, combined; shared by all markets. */
export interface EnrichChain {
  /** First 12 hex digits of the SHA-256 of everything that affects values; part of lineage. */
  version: string;
  /** In order: calculated numbers, then words. */
  columns: EnrichedColumn[];
  /** Calculations in order, each with its result slot. */
  steps: { slot: number; evaluate: Evaluate }[];
  /** Number of values per market. */
  slots: number;
  windows: { name: WindowFunction; us: number; slot: number }[];
  /** Whether there is a column `quality`. */
  hasQuality: boolean;
  /** Time until stale, µs; Infinity = never. */
  staleUs: number;
  /** Spread limit in basis points; Infinity = never wide. */
  wideBps: number;
  references: string[];
  /** Our symbol → the instrument's symbol on another feed. */
  others: ReadonlyMap<string, string>;
  /** How far back values at a time depend on records, µs. */
  lookBackUs: number;
}

/** A problem with an enricher. */
interface EnricherProblem {
  /** Path within the list of enrichers. */
  path: (string | number)[];
  message: string;
  /** Offset within the value; absent = the whole value. */
  offset?: number;
}

/**
 * Combines the enabled enrichers; undefined = there are none. Throws ExpressionError for the first
 * problem; {@linkcode enricherProblems} returns all.
 */
export function enrichChain(specs: readonly EnricherSpec[] = []): EnrichChain | undefined {
  const enabled = specs.filter((each) => each.enabled ?? true);
  if (enabled.length === 0) return undefined;
  const builder = new ChainBuilder((_, error) => {
    throw error;
  });
  return builder.build(enabled);
}

/** Returns the problems of all enrichers, including disabled ones. */
export function enricherProblems(specs: readonly EnricherSpec[]): EnricherProblem[] {
  const problems: EnricherProblem[] = [];
  new ChainBuilder((path, { offset, message }) => {
    problems.push({ path, message, ...(offset < 0 ? {} : { offset }) });
  }).build(specs);
  return problems;
}

const LOOK_BACK_US_MIN = 600_000_000;

class ChainBuilder {
  #report: (path: (string | number)[], error: ExpressionError) => void;
  #names = new Map<string, { slot: number; unit: Unit }>();
  #calculated = new Map<string, number>();
  #windows: EnrichChain["windows"] = [];
  #slots = Object.keys(SLOTS).length;
  #numbers: EnrichedColumn[] = [];
  #words: EnrichedColumn[] = [];
  #steps: EnrichChain["steps"] = [];
  #quality: Quality | undefined;
  #references: string[] = [];
  #others = new Map<string, string>();

  constructor(report: (path: (string | number)[], error: ExpressionError) => void) {
    this.#report = report;
    for (const name of Object.keys(SLOTS) as (keyof typeof SLOTS)[]) {
      if (!OTHER.includes(name)) {
        this.#names.set(name, { slot: SLOTS[name], unit: SLOT_UNITS[name] });
      }
    }
  }

  build(specs: readonly EnricherSpec[]): EnrichChain {
    const seen = new Set<string>();
    specs.forEach((spec, i) => {
      if (seen.has(spec.name)) this.#say([i, "name"], `"${spec.name}" stands here a second time`);
      seen.add(spec.name);
      this.#add(spec, i);
    });
    const staleUs = (this.#quality?.stale_after ?? Infinity) * 1000;
    const longest = Math.max(LOOK_BACK_US_MIN, ...this.#windows.map(({ us }) => us));
    const decisive = specs.map(({ enabled: _, ...spec }) => spec);
    return {
      version: createHash("sha256").update(JSON.stringify([CHAIN_VERSION, decisive])).digest("hex")
        .slice(0, 12),
      columns: [...this.#numbers, ...this.#words],
      ...{ steps: this.#steps, slots: this.#slots, windows: this.#windows },
      ...{ hasQuality: this.#quality !== undefined, staleUs, references: this.#references },
      wideBps: this.#quality?.wide_above_bps ?? Infinity,
      others: this.#others,
      lookBackUs: Number.isFinite(staleUs) ? Math.max(longest, staleUs) : longest,
    };
  }

  #add(spec: EnricherSpec, i: number): void {
    if (spec.type === "calculation") {
      for (const [name, text] of Object.entries(spec.values)) {
        this.#calculate(spec, [i, name, text]);
      }
    } else if (spec.type === "quality") {
      this.#quality = spec;
      this.#word("quality", spec, [i]);
    } else if (spec.type === "reference_join") {
      spec.fields.forEach((field, at) => this.#refer(field, spec, [i, "fields", at]));
    } else {
      for (const name of OTHER as (keyof typeof SLOTS)[]) {
        this.#names.set(name, { slot: SLOTS[name], unit: PRICE });
      }
      for (const [symbol, other] of Object.entries(spec.symbols)) this.#others.set(symbol, other);
    }
  }

  #calculate(spec: EnricherSpec, [i, name, text]: [number, string, string]): void {
    const path = [i, "values", name];
    this.#assertFree(name, path);
    const windows = this.#windows;
    const scope: Scope = {
      names: this.#names,
      calculated: this.#calculated,
      windowSlot: (fn, ms) => {
        const known = windows.find((each) => each.name === fn && each.us === ms * 1000);
        if (known !== undefined) return known.slot;
        windows.push({ name: fn, us: ms * 1000, slot: this.#slots });
        return this.#slots++;
      },
    };
    try {
      const { unit, evaluate, text: calculation } = parseExpression(text, scope);
      const slot = this.#slots++;
      if (!this.#calculated.has(calculation)) this.#calculated.set(calculation, slot);
      this.#steps.push({ slot, evaluate });
      this.#names.set(name, { slot, unit });
      this.#numbers.push({ name, enricher: spec.name, kind: "double", unit: unitText(unit) });
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.#report(path, error);
    }
  }

  #refer(field: string, spec: EnricherSpec, path: (string | number)[]): void {
    if (!(REFERENCE_FIELDS as readonly string[]).includes(field)) {
      this.#say(path, `no field "${field}". ${suggestion(field, REFERENCE_FIELDS)}`);
    }
    this.#references.push(field);
    this.#word(field, spec, path);
  }

  #word(name: string, spec: EnricherSpec, path: (string | number)[]): void {
    this.#assertFree(name, path);
    this.#words.push({ name, enricher: spec.name, kind: "word", unit: "" });
  }

  #assertFree(name: string, path: (string | number)[]): void {
    const isInput = Object.hasOwn(SLOTS, name) || TAKEN.includes(name);
    const isColumn = [...this.#numbers, ...this.#words].some((column) => column.name === name);
    if (isInput || isColumn) this.#say(path, `the name "${name}" is taken`);
  }

  #say(path: (string | number)[], message: string): void {
    this.#report(path, new ExpressionError(-1, message));
  }
}
