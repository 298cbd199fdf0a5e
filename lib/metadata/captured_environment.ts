import type { Environment } from "./environment.ts";
import {
  type EnvironmentSymbols,
  type MarketChoice,
  readChoice,
  type StoringBus,
  SYMBOLS_KEY,
  SYMBOLS_STORE,
} from "./environment_change.ts";
import { symbolsOfShard } from "./shards.ts";

/** What one connector captures: a feed, or a shard's part of it. */
interface CapturedPart {
  feed: string;
  shard?: string | undefined;
}

/** Records on the bus the markets and rules of the file that a connector has read. */
export async function recordCaptured(
  bus: StoringBus,
  part: CapturedPart,
  { symbols, select }: MarketChoice,
): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify({ symbols, select }));
  await (await bus.keyValue(SYMBOLS_STORE)).put(capturedKey(part), value);
}

/** A key for each shard: their connectors start at different times, so with different files. */
function capturedKey({ feed, shard }: CapturedPart): string {
  return shard === undefined ? `captured.${feed}` : `captured.${feed}.${shard}`;
}

/**
 * Returns the environment with the markets and rules that its connectors capture: for each feed and
 * shard what was published last or, if newer, recorded by a connector that started since;
 * `environment`'s own for one without either.
 */
export async function capturedEnvironment(
  bus: StoringBus,
  environment: Environment,
): Promise<Environment> {
  const store = await bus.keyValue(SYMBOLS_STORE);
  const published = await store.get(SYMBOLS_KEY);
  const parts = await Promise.all(
    partsOf(environment).map(async (part) => {
      const own = await store.get(capturedKey(part));
      const newest = (own?.revision ?? 0) > (published?.revision ?? 0) ? own : published;
      const choice = (newest && readChoice(newest.value)) ?? environment;
      return { part, choice, revision: newest?.revision ?? 0 };
    }),
  );
  const symbols: EnvironmentSymbols = {};
  // The oldest last: of two shards that want a symbol, the one from before still has it.
  for (const { part, choice } of parts.toSorted((a, b) => b.revision - a.revision)) {
    Object.assign(symbols, partOf(environment, part, choice.symbols));
  }
  const rules = parts.flatMap(({ part, choice: { select = [] } }) =>
    select.filter(({ feed }) => part.feed === feed && hasRule(environment, part))
  );
  const { select: _, ...others } = environment;
  return { ...others, symbols, ...(rules.length === 0 ? {} : { select: rules }) };
}

/** Returns what each connector captures; all shards, as any may get its first market of a feed. */
function partsOf({ feeds, shards }: Environment): CapturedPart[] {
  const names = shards === undefined ? [undefined] : Object.keys(shards);
  return feeds.flatMap((feed) => names.map((shard) => ({ feed, shard })));
}

function partOf(
  { shards }: Environment,
  { feed, shard }: CapturedPart,
  symbols: EnvironmentSymbols,
): EnvironmentSymbols {
  const own = symbolsOfShard({ symbols, ...(shards && { shards }) }, shard);
  return Object.fromEntries(Object.entries(own).filter(([, entry]) => entry.feed === feed));
}

/** The feed alone decides which shard follows a rule. */
function hasRule(environment: Environment, part: CapturedPart): boolean {
  const market = { rule: { feed: part.feed, external: "" } };
  return Object.keys(partOf(environment, part, market)).length > 0;
}
