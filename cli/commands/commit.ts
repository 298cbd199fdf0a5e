import { buildCommand, type Command } from "@stricli/core";
import { changedPaths, findingsError, git } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { isRegistryFile } from "../registry/registry_files.ts";
import { render } from "../render.ts";

interface Flags extends RegistryFlags {
  message: string;
}

/** `ssmd commit` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Check the registry and commit its files, and no others",
    "Refused while ssmd validate finds anything. What is staged of other files stays staged.",
    ['ssmd commit -m "feeds: kraken"'],
  ),
  parameters: {
    flags: {
      ...REGISTRY_FLAGS,
      message: {
        kind: "parsed",
        parse: String,
        brief: "What changes, and why",
        placeholder: "text",
      },
    },
    aliases: { m: "message" },
  },
  async func(flags) {
    const registry = await Registry.open(this.globals);
    const { findings } = registry.check();
    if (findings.length > 0) throw findingsError(findings);
    const { dir } = registry;
    const paths = (await changedPaths(dir)).filter(isRegistryFile);
    let commit: string | null = null;
    if (paths.length > 0) {
      await git(dir, "add", "-A", "--", ...paths);
      await git(dir, "commit", "-q", "-m", flags.message, "--only", "--", ...paths);
      commit = (await git(dir, "rev-parse", "HEAD")).trim();
    }
    const files = paths.map((path) => `${dir}/${path}`);
    if (flags.output !== "table") {
      return this.process.stdout.write(
        render({ value: { commit, files }, rows: [] }, flags.output),
      );
    }
    for (const file of files) this.process.stdout.write(`${file}\n`);
    this.process.stdout.write(
      commit === null ? "nothing to commit\n" : `committed as ${commit.slice(0, 10)}\n`,
    );
  },
});
