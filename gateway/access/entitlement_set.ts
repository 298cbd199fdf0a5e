import { EVENT_TYPES } from "@ssmd/market";
import { ALL_TYPES } from "./access.ts";
import type { Entitlement } from "./account.ts";

const GAP = 1 << EVENT_TYPES.indexOf("gap");

interface Rule {
  /** Prefix of symbols, or a whole symbol. */
  start: string;
  types: number;
  expiresAtMs: number;
}

/** Rules of one feed; most entitlements name single symbols. */
interface FeedRules {
  exact: Map<string, Rule[]>;
  starts: Rule[];
}

/** The entitlements of one client, indexed for fast look-up. */
export class EntitlementSet {
  #feeds = new Map<string, FeedRules>();
  #all: FeedRules;
  #expiries: number[];

  constructor(entitlements: readonly Entitlement[]) {
    for (const entitlement of entitlements) this.#addEntitlement(entitlement);
    this.#all = this.#rulesOf("*");
    this.#expiries = entitlements.map(({ expiresAtMs }) => expiresAtMs ?? Infinity);
  }

  /** Returns the bits of a market's record types visible at a time; gaps come with any other. */
  typesOf(feed: string, symbol: string, atMs: number): number {
    const own = this.#feeds.get(feed);
    const types = matchingTypes(this.#all, symbol, atMs) |
      (own ? matchingTypes(own, symbol, atMs) : 0);
    return types === 0 ? 0 : types | GAP;
  }

  /** Whether anything of a feed is visible at a time. */
  seesFeed(feed: string, atMs: number): boolean {
    const own = this.#feeds.get(feed);
    return grantsAny(this.#all, atMs) || (own !== undefined && grantsAny(own, atMs));
  }

  /** Returns the next expiry after a time; Infinity = never. */
  nextExpiryMs(atMs: number): number {
    return this.#expiries.reduce((next, end) => end > atMs ? Math.min(next, end) : next, Infinity);
  }

  #addEntitlement({ feed, symbols, types, expiresAtMs }: Entitlement): void {
    const rule = {
      start: symbols.replace(/\*$/, ""),
      types: types === "*" ? ALL_TYPES : types.reduce((bits, type) => bits | bitOf(type), 0),
      expiresAtMs: expiresAtMs ?? Infinity,
    };
    const { exact, starts } = this.#rulesOf(feed);
    if (symbols.endsWith("*")) starts.push(rule);
    else exact.set(symbols, [...exact.get(symbols) ?? [], rule]);
  }

  #rulesOf(feed: string): FeedRules {
    let rules = this.#feeds.get(feed);
    if (rules === undefined) this.#feeds.set(feed, rules = { exact: new Map(), starts: [] });
    return rules;
  }
}

function matchingTypes({ exact, starts }: FeedRules, symbol: string, atMs: number): number {
  let types = 0;
  for (const rule of starts) {
    if (rule.expiresAtMs > atMs && symbol.startsWith(rule.start)) types |= rule.types;
  }
  const own = exact.size === 0 ? undefined : exact.get(symbol);
  if (own === undefined) return types;
  for (const rule of own) if (rule.expiresAtMs > atMs) types |= rule.types;
  return types;
}

function grantsAny({ exact, starts }: FeedRules, atMs: number): boolean {
  const gives = ({ types, expiresAtMs }: Rule) => types !== 0 && expiresAtMs > atMs;
  return starts.some(gives) || exact.values().some((rules) => rules.some(gives));
}

function bitOf(type: typeof EVENT_TYPES[number]): number {
  return 1 << EVENT_TYPES.indexOf(type);
}
