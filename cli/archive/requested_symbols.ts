import { ArchiveError } from "@ssmd/runtime";
import type { Globals } from "../context.ts";
import { namesHint } from "../unknown_name.ts";
import { Registry } from "../registry/registry.ts";
import { checkRegistry } from "../registry/check_registry.ts";

/** Parses a full symbol name. Throws RangeError for a pattern. */
export function parseSymbol(text: string): string {
  if (!/[*?]/.test(text)) return text;
  throw new RangeError("a symbol is a whole name here; in SQL: where symbol like 'BTC%'");
}

/**
 * Distinguishes an unknown symbol from one without records, when nothing was found. Without a
 * registry or an environment of that name all symbols count as known. Throws ArchiveError
 * `SYMBOL_UNKNOWN`.
 */
export async function assertSymbolsKnown(
  globals: Globals,
  env: string,
  symbols: readonly string[] = [],
): Promise<void> {
  const found = await unknownSymbol(globals, env, symbols);
  if (found === undefined) return;
  throw new ArchiveError("SYMBOL_UNKNOWN", `There are no records of "${found.symbol}" in ${env}`, {
    hint: found.hint,
    context: { env, symbol: found.symbol },
  });
}

/** First of the symbols that the environment's file does not name, with a hint; undefined = none. */
export async function unknownSymbol(
  globals: Globals,
  env: string,
  symbols: readonly string[],
): Promise<{ symbol: string; hint: string } | undefined> {
  if (symbols.length === 0) return undefined;
  const known = await symbolsOf(globals, env);
  const symbol = known && symbols.find((each) => !known.includes(each));
  return known && symbol !== undefined ? { symbol, hint: namesHint(symbol, known) } : undefined;
}

async function symbolsOf(globals: Globals, env: string): Promise<string[] | undefined> {
  const registry = await Registry.open(globals).catch(() => undefined);
  const environment = (registry && checkRegistry(registry))?.environments.get(env);
  return environment && Object.keys(environment.symbols);
}
