import { nearest, suggestion } from "@ssmd/runtime";
import type { YamlSource } from "./document.ts";
import { type Environment, SYMBOL_FIELDS } from "./environment.ts";
import type { EnvironmentSymbols } from "./environment_change.ts";
import type { ShardSpec } from "./environment_shards.ts";
import type { Finding } from "./finding.ts";
import { entriesOf, fieldOf } from "./untyped.ts";

type Shards = Readonly<Record<string, ShardSpec>>;
type SymbolEntry = EnvironmentSymbols[string];

/** Returns the shards whose selector matches a symbol; exactly one in a valid environment. */
function shardsOf(entry: SymbolEntry, shards: Shards): string[] {
  return Object.entries(shards).filter(([, { selector }]) =>
    Object.entries(selector).every(([name, value]) =>
      Object.hasOwn(entry, name) && entry[name] === value
    )
  ).map(([name]) => name);
}

/** Returns the symbols of each shard, in file order; empty without shards. */
export function symbolsByShard(
  { symbols, shards = {} }: Pick<Environment, "symbols" | "shards">,
): Map<string, EnvironmentSymbols> {
  const byShard = new Map<string, EnvironmentSymbols>(
    Object.keys(shards).map((shard) => [shard, {}]),
  );
  for (const [symbol, entry] of Object.entries(symbols)) {
    for (const shard of shardsOf(entry, shards)) {
      Object.assign(byShard.get(shard) ?? {}, { [symbol]: entry });
    }
  }
  return byShard;
}

/** Returns the shards with symbols of a feed. */
export function shardsOfFeed(environment: Environment, feed: string): string[] {
  return [...symbolsByShard(environment)]
    .filter(([, symbols]) => Object.values(symbols).some((entry) => entry.feed === feed))
    .map(([shard]) => shard);
}

/** Returns the symbols of a shard; all symbols when undefined. */
export function symbolsOfShard(
  environment: Pick<Environment, "symbols" | "shards">,
  shard: string | undefined,
): EnvironmentSymbols {
  if (shard === undefined) return environment.symbols;
  return symbolsByShard(environment).get(shard) ?? {};
}

/** Returns our symbols by feed, limited to a shard if given. */
export function orderedSymbols(
  environment: Pick<Environment, "symbols" | "shards">,
  shard?: string,
): Map<string, string[]> {
  const own = Object.entries(symbolsOfShard(environment, shard));
  const byFeed = Map.groupBy(own, ([, { feed }]) => feed);
  return new Map([...byFeed].map(([feed, pairs]) => [feed, pairs.map(([symbol]) => symbol)]));
}

/** A symbol that changes its shard; null = none, as it is new or removed. */
interface ShardMove {
  symbol: string;
  from: string | null;
  to: string | null;
}

/** Returns the symbols whose shard differs between two environments, sorted. */
export function shardMoves(before: Environment, after: Environment): ShardMove[] {
  const [from, to] = [before, after].map((each) => {
    const pairs = [...symbolsByShard(each)].flatMap(([shard, symbols]) =>
      Object.keys(symbols).map((symbol) => [symbol, shard] as const)
    );
    return new Map(pairs);
  }) as [Map<string, string>, Map<string, string>];
  return [...new Set([...from.keys(), ...to.keys()])].sort()
    .map((symbol) => ({ symbol, from: from.get(symbol) ?? null, to: to.get(symbol) ?? null }))
    .filter((move) => move.from !== move.to);
}

/**
 * Checks that every symbol belongs to exactly one shard, every shard has a symbol, and all
 * attributes are used. `environment` undefined = invalid shape: checks only attributes.
 */
export function shardFindings(yaml: YamlSource, environment: Environment | undefined): Finding[] {
  if (environment === undefined) return attributeFindings(yaml);
  return [
    ...attributeFindings(yaml),
    ...selectorFindings(yaml, environment),
    ...membershipFindings(yaml, environment),
    ...ruleFindings(yaml, environment),
  ];
}

/** Reports attributes that no selector names, as they may be misspelt fields. */
function attributeFindings(yaml: YamlSource): Finding[] {
  // Earlier versions of files may have unused attributes.
  if (yaml.isPast) return [];
  const selected = entriesOf(fieldOf(yaml.value, "shards"))
    .flatMap(([, shard]) => entriesOf(fieldOf(shard, "selector")).map(([name]) => name));
  const known = [...new Set([...SYMBOL_FIELDS, ...selected])];
  return entriesOf(fieldOf(yaml.value, "symbols")).flatMap(([symbol, entry]) =>
    entriesOf(entry).filter(([name]) => !known.includes(name)).map(([name]) => {
      const hint = nearest(name, known) === undefined
        ? `; an attribute is one that the selector of a shard names`
        : "";
      const message = `unknown field. ${suggestion(name, known)}${hint}`;
      return yaml.findingAtKey(["symbols", symbol, name], message);
    })
  );
}

function selectorFindings(
  yaml: YamlSource,
  { symbols, select = [], shards = {} }: Environment,
): Finding[] {
  const entries = Object.values(symbols);
  const attributes = [...new Set(["feed", ...entries.flatMap((entry) => Object.keys(entry))])];
  return Object.entries(shards).flatMap(([shard, spec]) => {
    const path = ["shards", shard, "selector"];
    const strange = Object.keys(spec.selector).filter((name) => !attributes.includes(name));
    if (strange.length > 0) {
      return strange.map((name) => {
        const message = `no symbol has the attribute "${name}". ${suggestion(name, attributes)}`;
        return yaml.findingAtKey([...path, name], message);
      });
    }
    const wanted = [...entries, ...select.map(({ feed }) => ({ feed, external: "" }))];
    if (wanted.some((entry) => shardsOf(entry, { [shard]: spec }).length > 0)) return [];
    const message = `shard "${shard}" has no symbol: none has ${termsOf(spec.selector)}`;
    return [yaml.finding(path, message)];
  });
}

function membershipFindings(yaml: YamlSource, { symbols, shards }: Environment): Finding[] {
  if (shards === undefined) return [];
  return Object.entries(symbols).flatMap(([symbol, entry]) => {
    const own = shardsOf(entry, shards);
    if (own.length === 1) return [];
    const message = own.length === 0
      ? `"${symbol}" is in no shard; give it what a selector asks for: ${choicesOf(shards)}`
      : `"${symbol}" is in several shards: ${own.join(", ")}; make their selectors narrower`;
    return [yaml.finding(["symbols", symbol], message)];
  });
}

/** Checks that the feed alone decides a rule's shard, as nothing else is known of its markets. */
function ruleFindings(yaml: YamlSource, { select = [], shards }: Environment): Finding[] {
  if (shards === undefined) return [];
  return select.flatMap(({ feed }, i) => {
    if (shardsOf({ feed, external: "" }, shards).length === 1) return [];
    const message = `markets of a rule are sorted by their feed: one shard needs { feed: ${feed} }`;
    return [yaml.finding(["select", i], message)];
  });
}

function termsOf(selector: ShardSpec["selector"]): string {
  return Object.entries(selector).map(([name, value]) => `${name}: ${value}`).join(", ");
}

function choicesOf(shards: Shards): string {
  return Object.entries(shards)
    .map(([shard, { selector }]) => `${termsOf(selector)} (${shard})`).join(" or ");
}
