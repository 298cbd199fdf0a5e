import { buildCommand, type Command } from "@stricli/core";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import type { SsmdContext } from "../context.ts";
import { editFile } from "../registry/edit_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, word } from "../registry/flags.ts";

interface Flags extends EditFlags {
  env: string;
}

/** `ssmd feed add` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs("Add a feed of the registry to an environment", "", [
    "ssmd feed add kraken --env kalshi --dry-run",
  ]),
  parameters: {
    flags: { ...EDIT_FLAGS, env: ENV_NEEDED_FLAG },
    positional: { kind: "tuple", parameters: [word("The feed's id", "feed")] },
  },
  async func(flags, id) {
    await editFile("environment", flags.env, flags, this, (edit, registry) => {
      registry.text("feed", id);
      edit.append(["feeds"], id);
    });
  },
});
