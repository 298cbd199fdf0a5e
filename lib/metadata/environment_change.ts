import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Environment, ENVIRONMENT_FILE } from "./environment.ts";

/** Markets of an environment, as in its file. */
export type EnvironmentSymbols = Environment["symbols"];

/** Captured markets: by name and by rule. */
export type MarketChoice = Pick<Environment, "symbols" | "select">;

/** Differences between an environment file and the running environment. */
export interface EnvironmentChange {
  /** Added symbols. */
  added: string[];
  /** Removed symbols. */
  takenOff: string[];
  /** Symbols that map to another venue market or depth. */
  changed: string[];
  /** Whether the selection rules changed. */
  otherRules: boolean;
  /** Other changed fields, which take effect at the next start. */
  needsRestart: string[];
}

/** Compares the running environment with a file; both are valid. */
export function environmentChange(running: Environment, file: Environment): EnvironmentChange {
  const [before, after] = [running.symbols, file.symbols];
  const stays = Object.keys(after).filter((symbol) => Object.hasOwn(before, symbol));
  const fields = new Set([...Object.keys(running), ...Object.keys(file)]) as Set<keyof Environment>;
  fields.delete("symbols");
  fields.delete("select");
  return {
    added: Object.keys(after).filter((symbol) => !Object.hasOwn(before, symbol)),
    takenOff: Object.keys(before).filter((symbol) => !Object.hasOwn(after, symbol)),
    changed: stays.filter((symbol) => !isDeepStrictEqual(before[symbol], after[symbol])),
    otherRules: !isDeepStrictEqual(rulesByFeed(running), rulesByFeed(file)),
    needsRestart: [...fields].filter((field) => !isDeepStrictEqual(running[field], file[field]))
      .sort(),
  };
}

/** Order among rules of different feeds has no meaning. */
function rulesByFeed({ select = [] }: MarketChoice) {
  return select.toSorted((a, b) => a.feed < b.feed ? -1 : a.feed > b.feed ? 1 : 0);
}

/** Returns whether the set of captured markets changes. */
export function changesMarkets(
  { added, takenOff, changed, otherRules }: EnvironmentChange,
): boolean {
  return otherRules || added.length + takenOff.length + changed.length > 0;
}

/** Length of a revision, hex digits. */
const REVISION_DIGITS = 12;

/** Returns a hash of an environment's content, independent of order and comments: 12 hex digits. */
export function environmentRevision(environment: Environment): string {
  const { select: _, ...others } = environment;
  const rules = rulesByFeed(environment);
  const text = JSON.stringify(
    rules.length === 0 ? others : { ...others, select: rules },
    (_, value) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, REVISION_DIGITS);
}

/** Key-value store on the bus that running components watch. */
export const SYMBOLS_STORE = "environment";

/** Key-value store on the bus with the owner shard of each symbol. */
export const SHARD_OWNER_STORE = "shard-owners";
/** Key of the file's markets and rules in the store. */
export const SYMBOLS_KEY = "symbols";
const { symbols, select } = ENVIRONMENT_FILE.shape;
const CHOICE = z.strictObject({ symbols, select });

/** The needed subset of a key-value store of the bus. */
interface Store {
  get(key: string): Promise<{ value: Uint8Array; revision: number } | undefined>;
  put(key: string, value: Uint8Array): Promise<number>;
  watch(
    onChange: (change: { key: string; value: Uint8Array | undefined }) => void,
    onCurrent?: () => void,
  ): Promise<{ unsubscribe(): void }>;
}

/** A bus with key-value stores. */
export interface StoringBus {
  keyValue(name: string): Promise<Store>;
}

/** Publishes markets and rules to all running components of the environment. */
export async function tellChoice(
  bus: StoringBus,
  { symbols, select }: MarketChoice,
): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify({ symbols, select }));
  await (await bus.keyValue(SYMBOLS_STORE)).put(SYMBOLS_KEY, value);
}

/** Parses a stored value of markets and rules; undefined when invalid. */
export function readChoice(value: Uint8Array): MarketChoice | undefined {
  try {
    const parsed = CHOICE.safeParse(JSON.parse(new TextDecoder().decode(value)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a feed's markets as subscriptions for a connector. */
export function symbolsOfFeed(
  symbols: EnvironmentSymbols,
  feed: string,
): { symbol: string; external: string; depth?: number }[] {
  return Object.entries(symbols).filter(([, own]) => own.feed === feed)
    .map(([symbol, { external, depth }]) => ({
      ...{ symbol, external },
      ...(depth === undefined ? {} : { depth }),
    }));
}
