import { z } from "zod";
import { changedPaths, hasHistory, textIn } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { on } from "../command/flag.ts";
import { countText } from "../format.ts";
import { changeLines, FILE_CHANGE, type FileChange, fileChange } from "../registry/change.ts";
import { isRegistryText } from "../registry/registry_files.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "diff",
  brief: "Show what changed in the registry since the last commit",
  description: "Prints a summary in words and a text diff; --words prints only the summary.",
  examples: ["ssmd diff", "ssmd diff --words", "ssmd diff --output json"],
  flags: { words: on("Summary in words only") },
  output: z.object({ files: z.array(FILE_CHANGE) }),
  table({ files }, { words }) {
    if (files.length === 0) return { text: "nothing changed since the last commit\n" };
    const lines = files.flatMap(changeLines).map((line) => `${line}\n`).join("");
    const diffs = words ? "" : `\n${files.map(({ diff }) => diff).join("")}`;
    return { text: `${lines}${diffs}\n${countText(files.length, "file")} changed\n` };
  },
  async run({ context }) {
    return { files: await changedFiles(await Registry.open(context.globals)) };
  },
});

/** Registry files that differ from HEAD. */
async function changedFiles(registry: Registry): Promise<FileChange[]> {
  const paths = (await changedPaths(registry.dir)).filter(isRegistryText);
  const history = await hasHistory(registry.dir);
  return await Promise.all(paths.map(async (path) => {
    const before = history ? await textIn(registry.dir, "HEAD", path) : undefined;
    return fileChange(`${registry.dir}/${path}`, before, await textNow(`${registry.dir}/${path}`));
  }));
}

/** Current text of a file; undefined = removed. */
async function textNow(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
