import type { SymbolSpec } from "./adapter.ts";

/** Unsubscribed markets that are remembered until the venue ends them; the oldest are forgotten. */
const FORMER_MAX = 1000;

/** Names kept; only garbage from a venue exceeds it. */
const NAMES_MAX = 65_536;

/** Maps the venue's symbols to ours. */
export class Symbols {
  /** Unsubscribed markets: data that still arrives for them is dropped. */
  readonly #former = new Map<string, SymbolSpec>();
  #specs: Map<string, SymbolSpec>;
  /** Whether markets are added and removed at runtime: then an empty set means none, not all. */
  isSelective = false;
  #symbolOf: (external: string) => string;
  /** Our symbols that were asked for, by the venue's. */
  #names = new Map<string, string>();

  /** Takes the subscribed markets, and a function that names any other. */
  constructor(specs: readonly SymbolSpec[], symbolOf: (external: string) => string) {
    this.#specs = new Map(specs.map((spec) => [spec.external, spec]));
    this.#symbolOf = symbolOf;
  }

  /** Ordered markets by the venue's symbol. */
  get specs(): ReadonlyMap<string, SymbolSpec> {
    return this.#specs;
  }

  /** Unsubscribed markets by the venue's symbol. */
  get former(): ReadonlyMap<string, SymbolSpec> {
    return this.#former;
  }

  /** Removes a market. */
  takeOff(spec: SymbolSpec): void {
    this.isSelective = true;
    this.#names.clear();
    this.#specs.delete(spec.external);
    this.#former.set(spec.external, spec);
    const [oldest] = this.#former.keys();
    if (oldest !== undefined && this.#former.size > FORMER_MAX) this.#former.delete(oldest);
  }

  /** Adds a market. */
  takeOn(spec: SymbolSpec): void {
    this.#names.clear();
    this.#former.delete(spec.external);
    this.#specs.set(spec.external, spec);
  }

  /** Forgets unsubscribed markets on a disconnect: no more data in flight. */
  forgetFormer(): void {
    this.#names.clear();
    this.#former.clear();
  }

  /** Our symbol of a market, subscribed or not. */
  ours(external: string): string {
    return this.#names.get(external) ?? this.#name(external);
  }

  #name(external: string): string {
    const spec = this.#specs.get(external) ?? this.#former.get(external);
    const symbol = spec?.symbol ?? this.#symbolOf(external);
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    this.#names.set(external, symbol);
    return symbol;
  }

  /** Order of a market; undefined = not ordered. */
  spec(external: string): SymbolSpec | undefined {
    return this.specs.get(external);
  }

  /** Whether data of a market is used: it was ordered, or no orders are known. */
  wants(external: string): boolean {
    return this.empty || this.specs.has(external);
  }

  /** Whether all markets are used, as the orders are unknown. */
  get empty(): boolean {
    return this.specs.size === 0 && !this.isSelective;
  }
}
