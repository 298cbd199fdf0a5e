import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { editFile } from "../registry/edit_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, word } from "../registry/flags.ts";
import { applySettings, SET_FLAGS, type SetFlags } from "../registry/set_flags.ts";

interface Flags extends EditFlags, SetFlags {}

/** `ssmd env update` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Change values of an environment",
    "Values are YAML: numbers, words, [a, b], { type: nats, url: … }. Comments and order stay.",
    [
      "ssmd env update demo --set gateway.port=8090 --dry-run",
      "ssmd env update demo --set 'transport={ type: nats, url: nats://127.0.0.1:4222 }' --dry-run",
      "ssmd env update demo --unset simulator.rate --dry-run",
    ],
  ),
  parameters: {
    flags: { ...EDIT_FLAGS, ...SET_FLAGS },
    positional: { kind: "tuple", parameters: [word("The environment's name", "env")] },
  },
  async func(flags, name) {
    await editFile("environment", name, flags, this, (edit) => applySettings(edit, flags));
  },
});
