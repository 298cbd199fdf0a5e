import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { registryPathOf } from "@ssmd/metadata";
import { applyChanges } from "../registry/change.ts";
import { docs, EDIT_FLAGS, type EditFlags, word, YES_FLAG } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";

interface Flags extends EditFlags {
  yes: boolean;
}

/** `ssmd env delete` */
export const command: Command<CommandContext> = buildCommand<Flags, [string], CommandContext>({
  docs: docs(
    "Delete an environment's file",
    "Its data stays. Git keeps what was committed: ssmd env history tells it.",
    ["ssmd env delete demo --dry-run", "ssmd env delete demo-nats --yes"],
  ),
  parameters: {
    flags: { ...EDIT_FLAGS, ...YES_FLAG },
    positional: { kind: "tuple", parameters: [word("The environment's name", "env")] },
  },
  async func(flags, name) {
    const registry = await Registry.open(flags.dir);
    registry.text("environment", name);
    const path = registryPathOf({ kind: "environment", name });
    await applyChanges(registry, new Map([[path, undefined]]), flags, this.process, {
      question: `Delete ${registry.dir}/${path}?`,
      yes: flags.yes,
    });
  },
});
