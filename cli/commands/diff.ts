import { buildCommand, type Command } from "@stricli/core";
import { changedPaths, hasHistory, textIn } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { changeLines, type FileChange, fileChange } from "../registry/change.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, switchFlag } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { isRegistryText } from "../registry/registry_files.ts";
import { render } from "../render.ts";

interface Flags extends RegistryFlags {
  words: boolean;
}

/** `ssmd diff` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Tell what changed in the registry since the last commit",
    "In words and as a text diff; --words leaves the text out.",
    ["ssmd diff", "ssmd diff --words", "ssmd diff --output json"],
  ),
  parameters: { flags: { ...REGISTRY_FLAGS, words: switchFlag("In words only") } },
  async func(flags) {
    const registry = await Registry.open(this.globals);
    const files = await changedFiles(registry);
    if (flags.output !== "table") {
      return this.process.stdout.write(render({ value: { files }, rows: [] }, flags.output));
    }
    const lines = files.flatMap(changeLines);
    this.process.stdout.write(lines.map((line) => `${line}\n`).join(""));
    if (!flags.words && files.length > 0) {
      this.process.stdout.write(`\n${files.map(({ diff }) => diff).join("")}`);
    }
    const count = files.length === 1 ? "1 file" : `${files.length} files`;
    this.process.stdout.write(
      files.length === 0 ? "nothing changed since the last commit\n" : `\n${count} changed\n`,
    );
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

/** A file as it lies in the folder; undefined = it was removed. */
async function textNow(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
