import { buildCommand, type Command } from "@stricli/core";
import { type Finding, registryPathOf } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { showFindings } from "../registry/findings.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";

/** `ssmd env validate` */
export const command: Command<SsmdContext> = buildCommand<
  RegistryFlags,
  [string],
  SsmdContext
>({
  docs: docs(
    "Check one environment and the feeds that it uses",
    "Exit code 1 when something is wrong. ssmd validate checks everything.",
    ["ssmd env validate demo"],
  ),
  parameters: {
    flags: REGISTRY_FLAGS,
    positional: { kind: "tuple", parameters: [word("The environment's name", "env")] },
  },
  async func(flags, name) {
    const registry = await Registry.open(this.globals);
    registry.text("environment", name);
    const { findings, warnings, environments } = registry.check();
    const feeds = environments.get(name)?.feeds ?? registry.names("feed");
    const files = new Set([
      registryPathOf({ kind: "environment", name }),
      ...feeds.map((feed) => registryPathOf({ kind: "feed", name: feed })),
    ].map((path) => `${registry.dir}/${path}`));
    const isOwn = ({ file }: Finding) => files.has(file);
    const own = { findings: findings.filter(isOwn), warnings: warnings.filter(isOwn) };
    showFindings(this, { ...own, files: files.size }, flags.output);
  },
});
