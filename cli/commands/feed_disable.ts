import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { editFile } from "../registry/edit_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, word } from "../registry/flags.ts";

/** `ssmd feed disable` */
export const command: Command<SsmdContext> = buildCommand<EditFlags, [string], SsmdContext>({
  docs: docs("Forbid a feed to all environments", "Refused while an environment uses it.", [
    "ssmd feed disable kraken --dry-run",
  ]),
  parameters: {
    flags: EDIT_FLAGS,
    positional: { kind: "tuple", parameters: [word("The feed's id", "feed")] },
  },
  async func(flags, id) {
    await editFile("feed", id, flags, this, (edit) => edit.set(["status"], "disabled"));
  },
});
