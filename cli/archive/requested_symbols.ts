import type { TimeSpan } from "@ssmd/dataset/time_span";
import type { MarketEvent } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import { nearest } from "@ssmd/runtime/suggest";
import type { Storage } from "@ssmd/storage";
import type { Globals } from "../context.ts";
import { namesHint } from "../unknown_name.ts";
import { Registry } from "../registry/registry.ts";
import { checkRegistry } from "../registry/check_registry.ts";

/** Parses a full symbol name. Throws RangeError for a pattern. */
export function parseSymbol(text: string): string {
  if (!/[*?]/.test(text)) return text;
  throw new RangeError("a symbol is a whole name here; in SQL: where symbol like 'BTC%'");
}

/** Symbols that a command was asked for, and what it reads. */
interface RequestedSymbols {
  env: string;
  symbols: readonly string[] | undefined;
  span: TimeSpan;
  /** Records of symbols, of any type. */
  read: (query: TimeSpan & { symbols: readonly string[] }) => AsyncIterable<
    readonly Pick<MarketEvent, "symbol">[]
  >;
}

/**
 * Refuses symbols that the environment's file does not name and of which nothing was ever recorded:
 * a market that a rule selected has records. Without a registry or an environment of that name all
 * count as known. Throws ArchiveError `SYMBOL_UNKNOWN` that tells each of them.
 */
export async function assertSymbolsKnown(
  globals: Globals,
  { env, symbols = [], span, read }: RequestedSymbols,
): Promise<void> {
  if (symbols.length === 0) return;
  const known = await symbolsOf(globals, env);
  const isAnywhere = span.fromUs === undefined && span.toUs === undefined;
  let unknown = unknownOf(symbols, known);
  // Records of the span come first: it is short, and most likely has them.
  for (const part of isAnywhere ? [{}] : [span, {}]) {
    unknown = await withoutRecords(unknown, (each) => read({ ...part, symbols: each }));
  }
  if (known === undefined || unknown.length === 0) return;
  const names = unknown.map((each) => `"${each}"`).join(", ");
  throw new ArchiveError("SYMBOL_UNKNOWN", `There are no records of ${names} in ${env}`, {
    hint: hintOf(unknown, known),
    context: { env, symbol: unknown.join(" ") },
  });
}

/** As {@linkcode assertSymbolsKnown}, of an archive; `feeds` default to all that it has. */
export async function assertSymbolsArchived(
  globals: Globals,
  storage: Storage,
  { feeds, ...requested }: Omit<RequestedSymbols, "read"> & {
    feeds: readonly string[] | undefined;
  },
): Promise<void> {
  const { env } = requested;
  const read: RequestedSymbols["read"] = async function* (query) {
    const { archivedFeeds, readArchive } = await import("@ssmd/archive");
    for (const feed of feeds ?? await archivedFeeds(storage, env)) {
      // What is not readable is told by the command itself.
      yield* readArchive(storage, { ...query, env, feed }, { onCorruption: () => {} });
    }
  };
  await assertSymbolsKnown(globals, { ...requested, read });
}

/** Symbols that the environment's file does not name, with a hint; undefined = none. */
export async function unknownSymbols(
  globals: Globals,
  env: string,
  symbols: readonly string[],
): Promise<{ symbols: readonly string[]; hint: string } | undefined> {
  if (symbols.length === 0) return undefined;
  const known = await symbolsOf(globals, env);
  const unknown = unknownOf(symbols, known);
  if (known === undefined || unknown.length === 0) return undefined;
  return { symbols: unknown, hint: hintOf(unknown, known) };
}

function unknownOf(symbols: readonly string[], known: readonly string[] = symbols): string[] {
  return [...new Set(symbols)].filter((symbol) => !known.includes(symbol));
}

async function withoutRecords(
  symbols: readonly string[],
  read: (symbols: readonly string[]) => AsyncIterable<readonly { symbol: string }[]>,
): Promise<string[]> {
  const missing = new Set(symbols);
  if (missing.size === 0) return [];
  for await (const batch of read(symbols)) {
    for (const { symbol } of batch) missing.delete(symbol);
    if (missing.size === 0) break;
  }
  return [...missing];
}

function hintOf(unknown: readonly string[], known: readonly string[]): string {
  const [only = "", ...others] = unknown;
  if (others.length === 0) return namesHint(only, known);
  const meant = unknown.flatMap((symbol) => {
    const near = nearest(symbol, known);
    return near === undefined ? [] : [`"${near}" for "${symbol}"`];
  });
  return meant.length === 0 ? namesHint(only, known) : `Did you mean ${meant.join(", ")}?`;
}

async function symbolsOf(globals: Globals, env: string): Promise<string[] | undefined> {
  const registry = await Registry.open(globals).catch(() => undefined);
  const environment = (registry && checkRegistry(registry))?.environments.get(env);
  return environment && Object.keys(environment.symbols);
}
