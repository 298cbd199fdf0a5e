import { loadCatalogue } from "../catalogue/load.ts";
import { complete } from "./complete.ts";
import { registryNames } from "./registry_names.ts";

/**
 * Output of the hidden command `__complete` for these words after `ssmd`: one candidate per line,
 * followed by a tab and its brief; `:file` or `:dir` when the shell should complete paths.
 */
export async function completionAnswer(words: readonly string[]): Promise<string> {
  const { candidates, paths } = await complete(await loadCatalogue(), words, registryNames);
  const lines = candidates.map(({ value, brief }) => `${value}\t${brief}\n`);
  return paths === undefined ? lines.join("") : `:${paths}\n`;
}
