import { buildCommand, type Command } from "@stricli/core";
import { compareFindings } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { showFindings } from "../registry/findings.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, switchFlag } from "../registry/flags.ts";
import { keyFindings } from "../registry/key_findings.ts";
import { reachFindings } from "../registry/reach.ts";
import { Registry } from "../registry/registry.ts";

interface Flags extends RegistryFlags {
  checkKeys: boolean;
  reach: boolean;
}

/** `ssmd validate` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Check all files of the registry and all references between them",
    "Every finding in one run, with file:line:column, what is wrong and what is allowed. Exit code 1 " +
      "when there is one.",
    ["ssmd validate", "ssmd validate --check-keys", "ssmd validate --output json"],
  ),
  parameters: {
    flags: {
      ...REGISTRY_FLAGS,
      checkKeys: switchFlag("Also look whether every required key is there"),
      reach: switchFlag("Also try the transport, storage, cache and feeds of all environments"),
    },
  },
  async func(flags) {
    const registry = await Registry.open(this.globals);
    const { warnings, findings: found } = registry.check();
    const findings = [...found];
    if (flags.checkKeys) findings.push(...await keyFindings(registry));
    if (flags.reach) findings.push(...await reachFindings(registry));
    findings.sort(compareFindings);
    showFindings(this, { findings, warnings, files: registry.texts.size }, flags.output);
  },
});
