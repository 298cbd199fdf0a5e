import { buildCommand, type Command } from "@stricli/core";
import { registryPathOf } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { applyChanges } from "../registry/change.ts";
import { docs, EDIT_FLAGS, type EditFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";

interface Flags extends EditFlags {
}

/** `ssmd env delete` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Delete an environment's file",
    "Its data stays. Git keeps what was committed: ssmd env history tells it.",
    ["ssmd env delete demo --dry-run", "ssmd env delete demo-nats --yes"],
  ),
  parameters: {
    flags: { ...EDIT_FLAGS },
    positional: { kind: "tuple", parameters: [word("The environment's name", "env")] },
  },
  async func(flags, name) {
    const registry = await Registry.open(this.globals);
    registry.text("environment", name);
    const path = registryPathOf({ kind: "environment", name });
    await applyChanges(registry, new Map([[path, undefined]]), flags, this, {
      question: `Delete ${registry.dir}/${path}?`,
    });
  },
});
