import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { editFile } from "../registry/edit_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, neededFlag, word } from "../registry/flags.ts";

interface Flags extends EditFlags {
  env: string;
}

/** `ssmd feed add` */
export const command: Command<CommandContext> = buildCommand<Flags, [string], CommandContext>({
  docs: docs("Add a feed of the registry to an environment", "", [
    "ssmd feed add kraken --env kalshi --dry-run",
  ]),
  parameters: {
    flags: { ...EDIT_FLAGS, env: neededFlag("The environment", "name") },
    positional: { kind: "tuple", parameters: [word("The feed's id", "feed")] },
  },
  async func(flags, id) {
    await editFile("environment", flags.env, flags, this.process, (edit, registry) => {
      registry.text("feed", id);
      edit.append(["feeds"], id);
    });
  },
});
