import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Environment, ENVIRONMENT_FILE } from "./environment.ts";

/** The markets of an environment, as its file has them. */
export type EnvironmentSymbols = Environment["symbols"];

/** Which markets an environment captures: by name and by rule. */
export type MarketChoice = Pick<Environment, "symbols" | "select">;

/** What an environment's file says otherwise than what runs. */
export interface EnvironmentChange {
  /** Markets of ours that are new. */
  added: string[];
  /** Markets of ours that are gone. */
  takenOff: string[];
  /** Markets of ours that are another market of the venue now, or deeper. */
  changed: string[];
  /** Whether other rules choose markets. */
  otherRules: boolean;
  /** Other fields that differ: they are read at the next start. */
  needsRestart: string[];
}

/** Compares what runs with a file; both are sound. */
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
    otherRules: !isDeepStrictEqual(running.select ?? [], file.select ?? []),
    needsRestart: [...fields].filter((field) => !isDeepStrictEqual(running[field], file[field]))
      .sort(),
  };
}

/** Whether other markets are captured by it. */
export function changesMarkets(
  { added, takenOff, changed, otherRules }: EnvironmentChange,
): boolean {
  return otherRules || added.length + takenOff.length + changed.length > 0;
}

/** Digits of a revision. */
const REVISION_DIGITS = 12;

/** Names what an environment says, whatever the order and the comments of its file: 12 hex digits. */
export function environmentRevision(environment: Environment): string {
  const text = JSON.stringify(
    environment,
    (_, value) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, REVISION_DIGITS);
}

/** Name of the bus's key-value store that a running environment follows. */
export const SYMBOLS_STORE = "environment";

/** Name of the bus's key-value store of which shard captures what. */
export const SHARD_OWNER_STORE = "shard-owners";
/** Its key of the markets and rules of the file. */
export const SYMBOLS_KEY = "symbols";
const { symbols, select } = ENVIRONMENT_FILE.shape;
const CHOICE = z.strictObject({ symbols, select });

/** A key-value store of the bus, as far as it is needed here. */
interface Store {
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

/** Tells everything that runs of the environment its markets and rules from now on. */
export async function tellChoice(
  bus: StoringBus,
  { symbols, select }: MarketChoice,
): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify({ symbols, select }));
  await (await bus.keyValue(SYMBOLS_STORE)).put(SYMBOLS_KEY, value);
}

/** The markets and rules of a value of the store; undefined when it is none. */
export function readChoice(value: Uint8Array): MarketChoice | undefined {
  try {
    const parsed = CHOICE.safeParse(JSON.parse(new TextDecoder().decode(value)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The markets of a feed, as a connector asks for them. */
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
