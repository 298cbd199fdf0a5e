import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { Registry } from "../registry/registry.ts";
import { compareTexts, schemaText } from "../registry/schema_file.ts";
import { render } from "../render.ts";

const VERDICTS = {
  compatible: "compatible: both read what the other one writes",
  lossy: "lossy: the rest is read, but values are no longer known",
  breaking: "breaking: bytes of one are something else to the other",
} as const;

const EFFECT = z.enum(["compatible", "lossy", "breaking"]);

export default defineCommand({
  name: "schema compat",
  brief: "Check whether two schemas can read each other's messages",
  description:
    "Compares the texts by the rules of Cap'n Proto. A name means the version in force, " +
    "name@v1 a version, a path a file. Exit code 1 unless compatible.",
  examples: [
    "ssmd schema compat trade exchanges/schemas/trade-v2.capnp",
    "ssmd schema compat trade@v1 trade --output json",
  ],
  args: [
    text("Older schema", { placeholder: "before", completes: "schema", required: true }),
    text("Newer schema", { placeholder: "after", completes: "schema", required: true }),
  ],
  output: z.object({
    before: z.string(),
    after: z.string(),
    effect: EFFECT,
    changes: z.array(z.object({
      kind: z.enum(["added", "removed", "renamed", "retyped", "reordered", "default", "id"]),
      where: z.string(),
      effect: EFFECT,
      message: z.string(),
    })),
  }),
  table({ effect, changes }) {
    const rows = changes.map(({ effect, kind, message }) => ({ effect, kind, change: message }));
    const listed = rows.length === 0 ? "" : render({ value: changes, rows }, "table");
    return { text: `${listed}${VERDICTS[effect]}\n` };
  },
  failed: ({ effect }) => effect !== "compatible",
  async run({ args: [before, after], context }) {
    const registry = await Registry.open(context.globals);
    const [old, next] = [await schemaText(registry, before), await schemaText(registry, after)];
    return { before: old.name, after: next.name, ...compareTexts(old, next) };
  },
});
