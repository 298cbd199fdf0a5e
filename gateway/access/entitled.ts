import { EVENT_TYPES } from "@ssmd/market";
import type { Entitlement } from "./account.ts";

const ALL = (1 << EVENT_TYPES.length) - 1;
const GAP = 1 << EVENT_TYPES.indexOf("gap");

interface Rule {
  feed: string;
  /** The start of symbols; `exact` = the whole. */
  start: string;
  exact: boolean;
  types: number;
  expiresAtMs: number;
}

/** What the entitlements of one client give, in a form that answers quickly. */
export class Entitled {
  #rules: Rule[];

  constructor(entitlements: readonly Entitlement[]) {
    this.#rules = entitlements.map(({ feed, symbols, types, expiresAtMs }) => ({
      feed,
      exact: !symbols.endsWith("*"),
      start: symbols.replace(/\*$/, ""),
      types: types === "*" ? ALL : types.reduce((bits, type) => bits | bitOf(type), 0),
      expiresAtMs: expiresAtMs ?? Infinity,
    }));
  }

  /** Bits of the record types of a market that are given at a time; gaps come with any other. */
  types(feed: string, symbol: string, atMs: number): number {
    let types = 0;
    for (const rule of this.#rules) {
      if (rule.expiresAtMs <= atMs || (rule.feed !== "*" && rule.feed !== feed)) continue;
      if (rule.exact ? rule.start === symbol : symbol.startsWith(rule.start)) types |= rule.types;
    }
    return types === 0 ? 0 : types | GAP;
  }

  /** Whether anything of a feed is given at a time. */
  feed(feed: string, atMs: number): boolean {
    return this.#rules.some((rule) =>
      rule.expiresAtMs > atMs && rule.types !== 0 && (rule.feed === "*" || rule.feed === feed)
    );
  }

  /** When the next of them ends after a time; Infinity = never. */
  nextEndMs(atMs: number): number {
    return this.#rules.reduce(
      (next, { expiresAtMs }) => expiresAtMs > atMs ? Math.min(next, expiresAtMs) : next,
      Infinity,
    );
  }
}

function bitOf(type: typeof EVENT_TYPES[number]): number {
  return 1 << EVENT_TYPES.indexOf(type);
}
