import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { docs, REGISTRY_FLAGS, type RegistryFlags, textFlag } from "../registry/flags.ts";
import { showFindings } from "../registry/findings.ts";
import { Registry } from "../registry/registry.ts";

interface Flags extends RegistryFlags {
  env?: string;
}

/** `ssmd symbol validate` */
export const command: Command<CommandContext> = buildCommand<Flags, [], CommandContext>({
  docs: docs(
    "Check the symbols of all environments, or of one",
    "Feeds, depths, names taken twice, and that a symbol means one market everywhere. Exit code 1 " +
      "when something is wrong.",
    ["ssmd symbol validate", "ssmd symbol validate --env demo"],
  ),
  parameters: {
    flags: { ...REGISTRY_FLAGS, env: textFlag("One environment only", "name") },
  },
  async func(flags) {
    const registry = await Registry.open(flags.dir);
    if (flags.env !== undefined) registry.text("environment", flags.env);
    const names = flags.env === undefined ? registry.names("environment") : [flags.env];
    const files = new Set(names.map((name) => `${registry.dir}/environments/${name}.yaml`));
    const findings = registry.check().findings.filter(({ file, path }) =>
      files.has(file) && (path === "" || /^symbols\b/.test(path))
    );
    showFindings(this.process, findings, files.size, flags.output);
  },
});
