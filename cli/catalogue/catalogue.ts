import type { z } from "zod";
import type { CATALOGUE, COMMAND, PARAMETER } from "./catalogue_schema.ts";

/** A flag or an argument. */
export type CatalogueParameter = z.output<typeof PARAMETER>;
/** A command. */
export type CatalogueCommand = z.output<typeof COMMAND>;
/** Output of a command. */
export type CatalogueOutput = NonNullable<CatalogueCommand["output"]>;
/** All commands, groups and flags; printed by `ssmd help --output json`. */
export type Catalogue = z.output<typeof CATALOGUE>;

/** Maximum number of words in a command name: `client api-key create`. */
const ROUTE_WORDS_MAX = 3;

/** Finds the command with the longest name that starts the words. */
export function commandIn(
  { commands }: Catalogue,
  words: readonly string[],
): CatalogueCommand | undefined {
  for (let length = Math.min(words.length, ROUTE_WORDS_MAX); length > 0; length--) {
    const name = words.slice(0, length).join(" ");
    const found = commands.find((command) => command.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}
