import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs, word } from "../registry/flags.ts";
import { show } from "../registry/show.ts";

/** `ssmd env show` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [string], SsmdContext>({
  docs: docs(
    "Show an environment with all defaults filled in",
    "With --as-of, the file as git knew it at the end of that day (UTC); of several commits on one " +
      "day the last counts. Today and the future are the file as it lies in the folder.",
    ["ssmd env show demo", "ssmd env show demo --as-of today --output json"],
  ),
  parameters: {
    flags: AS_OF_FLAGS,
    positional: { kind: "tuple", parameters: [word("The environment's name", "env")] },
  },
  async func(flags, name) {
    const view = await viewOfOne("environment", name, this.globals, flags.asOf);
    const value = { ...view.registry.environment(name), asOf: view.day, origin: view.origin };
    show(this, value, flags.output, view.origin);
  },
});
