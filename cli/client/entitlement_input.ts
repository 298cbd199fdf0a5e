import { EVENT_TYPES, type EventType } from "@ssmd/market";
import type { Environment } from "@ssmd/metadata";
import { suggestion } from "@ssmd/runtime/suggest";
import { notice, type SsmdContext } from "../context.ts";

const SYMBOL_CHARACTERS_MAX = 256;

/** Parses a symbol, a prefix and `*`, or `*`. Throws RangeError. */
export function parseEntitledSymbols(text: string): string {
  const star = text.indexOf("*");
  if (text === "" || /\s/.test(text) || text.length > SYMBOL_CHARACTERS_MAX) {
    throw new RangeError("symbols are one word: BTCUSD, BTC* or *");
  }
  if (star >= 0 && star < text.length - 1) throw new RangeError("* stands at the end only: BTC*");
  return text;
}

/** Parses record types, or `*`. Throws RangeError that suggests the nearest type. */
export function parseEntitledTypes(text: string): EventType[] | "*" {
  if (text === "*") return text;
  return [
    ...new Set(
      text.split(",").map((word) => {
        const type = EVENT_TYPES.find((each) => each === word.trim());
        if (type !== undefined) return type;
        throw new RangeError(`no type "${word.trim()}". ${suggestion(word.trim(), EVENT_TYPES)}`);
      }),
    ),
  ];
}

/** Prints a notice when no current symbol matches: it may be added later, or be misspelt. */
export function warnOfUnknownSymbols(
  context: SsmdContext,
  { name, symbols }: Environment,
  { feed, pattern }: { feed: string; pattern: string },
): void {
  const start = pattern.replace(/\*$/, "");
  const fits = Object.entries(symbols).some(([symbol, entry]) =>
    (feed === "*" || entry.feed === feed) &&
    (pattern.endsWith("*") ? symbol.startsWith(start) : symbol === pattern)
  );
  if (!fits) {
    notice(context, `no symbol of ${name} fits "${pattern}" now; it holds for those to come`);
  }
}
