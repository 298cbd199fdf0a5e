import { buildCommand, type Command } from "@stricli/core";
import { ENV_FILTER_FLAG } from "../flags.ts";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags } from "../registry/flags.ts";
import { showFindings } from "../registry/findings.ts";
import { Registry } from "../registry/registry.ts";

interface Flags extends RegistryFlags {
  env?: string;
}

/** `ssmd symbol validate` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Check the symbols of all environments, or of one",
    "Feeds, depths, names taken twice, and that a symbol means one market everywhere. Exit code 1 " +
      "when something is wrong.",
    ["ssmd symbol validate", "ssmd symbol validate --env demo"],
  ),
  parameters: {
    flags: { ...REGISTRY_FLAGS, env: ENV_FILTER_FLAG },
  },
  async func(flags) {
    const registry = await Registry.open(this.globals);
    if (flags.env !== undefined) registry.text("environment", flags.env);
    const names = flags.env === undefined ? registry.names("environment") : [flags.env];
    const files = new Set(names.map((name) => `${registry.dir}/environments/${name}.yaml`));
    const findings = registry.check().findings.filter(({ file, path }) =>
      files.has(file) && (path === "" || /^symbols\b/.test(path))
    );
    showFindings(this, { findings, warnings: [], files: files.size }, flags.output);
  },
});
