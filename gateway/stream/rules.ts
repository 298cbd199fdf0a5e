import type { Mode } from "../protocol/requests.ts";

/** Types of a market by mode, as bits. */
interface RuleInterest {
  realtime: number;
  conflated: number;
}

interface Rule extends RuleInterest {
  /** Bits of types that this rule switches off. */
  off: number;
}

interface PrefixRule extends Rule {
  prefix: string;
}

/**
 * Subscriptions of a client in request order: a later request overrides an earlier one of the same
 * market and type. An exact name is always newer than a prefix that covers it, because a new prefix
 * replaces the exact names under it.
 */
export class Rules {
  #exact = new Map<string, Rule>();
  #prefixes: PrefixRule[] = [];

  /** Number of exact names. */
  get exactCount(): number {
    return this.#exact.size;
  }

  /** Number of prefixes. */
  get prefixCount(): number {
    return this.#prefixes.length;
  }

  /** Returns the rules, one per pattern and mode. */
  list(): { pattern: string; types: number; mode: Mode }[] {
    const rules: [string, Rule][] = [
      ...this.#prefixes.map((rule): [string, Rule] => [`${rule.prefix}*`, rule]),
      ...this.#exact,
    ];
    const lines: { pattern: string; types: number; mode: Mode }[] = [];
    for (const [pattern, { realtime, conflated }] of rules) {
      if (realtime !== 0) lines.push({ pattern, types: realtime, mode: "realtime" });
      if (conflated !== 0) lines.push({ pattern, types: conflated, mode: "conflated" });
    }
    return lines;
  }

  /** All patterns. */
  get patterns(): string[] {
    return [...this.#exact.keys(), ...this.#prefixes.map(({ prefix }) => `${prefix}*`)];
  }

  /** Adds a pattern (a name, or a prefix and `*`) for these types. */
  add(pattern: string, types: number, mode: Mode): void {
    this.#set(pattern, {
      realtime: mode === "realtime" ? types : 0,
      conflated: mode === "realtime" ? 0 : types,
      off: 0,
    });
  }

  /** Switches these types off for a pattern. */
  remove(pattern: string, types: number): void {
    this.#set(pattern, { realtime: 0, conflated: 0, off: types });
  }

  /** Switches all subscribed types to this mode. */
  setMode(mode: Mode): void {
    for (const rule of [...this.#exact.values(), ...this.#prefixes]) {
      const types = rule.realtime | rule.conflated;
      rule.realtime = mode === "realtime" ? types : 0;
      rule.conflated = mode === "realtime" ? 0 : types;
    }
  }

  /** Returns the subscribed types of a symbol. */
  interestIn(symbol: string): RuleInterest {
    const wanted: RuleInterest = { realtime: 0, conflated: 0 };
    for (const rule of this.#prefixes) {
      if (symbol.startsWith(rule.prefix)) overlay(wanted, rule);
    }
    const exact = this.#exact.get(symbol);
    if (exact !== undefined) overlay(wanted, exact);
    return wanted;
  }

  #set(pattern: string, rule: Rule): void {
    const types = rule.realtime | rule.conflated | rule.off;
    if (!pattern.endsWith("*")) {
      const merged = this.#exact.get(pattern) ?? { realtime: 0, conflated: 0, off: 0 };
      strip(merged, types);
      merged.realtime |= rule.realtime;
      merged.conflated |= rule.conflated;
      if (this.#prefixes.some((p) => pattern.startsWith(p.prefix))) merged.off |= rule.off;
      if (isEmpty(merged)) this.#exact.delete(pattern);
      else this.#exact.set(pattern, merged);
      return;
    }
    const prefix = pattern.slice(0, -1);
    for (const [symbol, exact] of this.#exact) {
      if (symbol.startsWith(prefix)) strip(exact, types);
      if (isEmpty(exact)) this.#exact.delete(symbol);
    }
    for (const other of this.#prefixes) {
      if (other.prefix.startsWith(prefix)) strip(other, types);
    }
    this.#prefixes = this.#prefixes.filter((other) => !isEmpty(other));
    const covered = this.#prefixes.some((other) => prefix.startsWith(other.prefix));
    if (rule.off === 0 || covered) this.#prefixes.push({ prefix, ...rule });
  }
}

function overlay(wanted: RuleInterest, rule: Rule): void {
  const types = rule.realtime | rule.conflated | rule.off;
  wanted.realtime = (wanted.realtime & ~types) | rule.realtime;
  wanted.conflated = (wanted.conflated & ~types) | rule.conflated;
}

function strip(rule: Rule, types: number): void {
  rule.realtime &= ~types;
  rule.conflated &= ~types;
  rule.off &= ~types;
}

function isEmpty(rule: Rule): boolean {
  return (rule.realtime | rule.conflated | rule.off) === 0;
}
