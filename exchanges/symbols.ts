import type { SymbolSpec } from "./adapter.ts";

/** What an end of a subscription is awaited for; those of longer ago are forgotten. */
const FORMER_MAX = 1000;

/** The venue's names of markets and ours. */
export class Symbols {
  /** Ordered markets that were taken off again: what still comes of them is nobody's. */
  readonly #former = new Map<string, SymbolSpec>();
  #specs: Map<string, SymbolSpec>;
  /** Whether markets come and go: without one none is of interest. */
  isSelective = false;
  #symbolOf: (external: string) => string;

  /** Takes the subscribed markets, and how a market that was not is called. */
  constructor(specs: readonly SymbolSpec[], symbolOf: (external: string) => string) {
    this.#specs = new Map(specs.map((spec) => [spec.external, spec]));
    this.#symbolOf = symbolOf;
  }

  /** Ordered markets by the venue's name. */
  get specs(): ReadonlyMap<string, SymbolSpec> {
    return this.#specs;
  }

  /** Markets that were taken off. */
  get former(): ReadonlyMap<string, SymbolSpec> {
    return this.#former;
  }

  /** A market is ordered no more. */
  takeOff(spec: SymbolSpec): void {
    this.isSelective = true;
    this.#specs.delete(spec.external);
    this.#former.set(spec.external, spec);
    const [oldest] = this.#former.keys();
    if (oldest !== undefined && this.#former.size > FORMER_MAX) this.#former.delete(oldest);
  }

  /** A market is ordered besides. */
  takeOn(spec: SymbolSpec): void {
    this.#former.delete(spec.external);
    this.#specs.set(spec.external, spec);
  }

  /** The connection broke: what was on its way does not come any more. */
  forgetFormer(): void {
    this.#former.clear();
  }

  /** Our name of a market, subscribed or not. */
  ours(external: string): string {
    const spec = this.#specs.get(external) ?? this.#former.get(external);
    return spec?.symbol ?? this.#symbolOf(external);
  }

  /** What was ordered for a market; undefined when it was not. */
  spec(external: string): SymbolSpec | undefined {
    return this.specs.get(external);
  }

  /** Whether a market's news are of interest: it was ordered, or nothing was. */
  wants(external: string): boolean {
    return this.empty || this.specs.has(external);
  }

  /** Whether all are of interest, as it is not known which were ordered. */
  get empty(): boolean {
    return this.specs.size === 0 && !this.isSelective;
  }
}
