import type { SymbolSpec } from "../adapter.ts";

/** Our name of a Kraken pair when the environment names none: `BTC/USD` → `BTCUSD`. */
export function symbolOf(external: string): string {
  return external.replaceAll("/", "");
}

/** The venue's names and ours. */
export class Symbols {
  #specs = new Map<string, SymbolSpec>();

  /** Takes the subscribed symbols. */
  constructor(specs: readonly SymbolSpec[]) {
    for (const spec of specs) this.#specs.set(spec.external, spec);
  }

  /** Our name of a pair, subscribed or not. */
  ours(external: string): string {
    return this.#specs.get(external)?.symbol ?? symbolOf(external);
  }

  /** What was ordered for a pair; undefined when it was not. */
  spec(external: string): SymbolSpec | undefined {
    return this.#specs.get(external);
  }

  /** Whether any symbols were ordered. */
  get empty(): boolean {
    return this.#specs.size === 0;
  }
}
