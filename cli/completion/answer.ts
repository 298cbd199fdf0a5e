import { loadCatalogue } from "../catalogue/load.ts";
import { complete } from "./complete.ts";
import { registryNames } from "./registry_names.ts";

/**
 * The answer of the hidden command `__complete` to a shell that has these words after `ssmd`: a candidate a line with its brief after a
 * tab, or `:file` or `:dir` where the shell is to offer paths.
 */
export async function completionAnswer(words: readonly string[]): Promise<string> {
  const { candidates, paths } = await complete(await loadCatalogue(), words, registryNames);
  const lines = candidates.map(({ value, brief }) => `${value}\t${brief}\n`);
  return paths === undefined ? lines.join("") : `:${paths}\n`;
}
