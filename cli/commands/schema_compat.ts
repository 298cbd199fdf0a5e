import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { compareTexts, schemaText } from "../registry/schema_file.ts";
import { render } from "../render.ts";

const VERDICTS = {
  compatible: "compatible: both read what the other one writes",
  lossy: "lossy: the rest is read, but values are no longer known",
  breaking: "breaking: bytes of one are something else to the other",
} as const;

/** `ssmd schema compat` */
export const command: Command<SsmdContext> = buildCommand<
  RegistryFlags,
  [string, string],
  SsmdContext
>({
  docs: docs(
    "Compare two schemas: does each read what the other one writes?",
    "Computed from the texts by the rules of Cap'n Proto. A name stands for the version in force, " +
      "name@v1 for a version, a path for a file. Exit code 1 unless compatible.",
    [
      "ssmd schema compat trade exchanges/schemas/trade.capnp",
      "ssmd schema compat trade@v1 trade --output json",
    ],
  ),
  parameters: {
    flags: REGISTRY_FLAGS,
    positional: {
      kind: "tuple",
      parameters: [word("The older one", "before"), word("The newer one", "after")],
    },
  },
  async func(flags, before, after) {
    const registry = await Registry.open(this.globals);
    const [old, next] = [await schemaText(registry, before), await schemaText(registry, after)];
    const { changes, effect } = compareTexts(old, next);
    const rows = changes.map(({ effect, kind, message }) => ({ effect, kind, change: message }));
    const value = { before: old.name, after: next.name, effect, changes };
    if (flags.output !== "table" || rows.length > 0) {
      this.process.stdout.write(render({ value, rows }, flags.output));
    }
    if (flags.output === "table") this.process.stdout.write(`${VERDICTS[effect]}\n`);
    if (effect !== "compatible") Deno.exitCode = 1;
  },
});
