import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { on, text } from "../command/flag.ts";
import { changeLines, fileChange, VALUE_CHANGE } from "../registry/change.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";
import { countText } from "../format.ts";

export default defineCommand({
  name: "env diff",
  brief: "Show how one environment differs from another",
  examples: ["ssmd env diff demo demo-nats", "ssmd env diff demo demo-nats --text"],
  flags: { text: on("Print the text diff") },
  args: [
    ENV_NAME,
    text("The other environment", { placeholder: "env", completes: "environment", required: true }),
  ],
  output: z.object({
    before: z.string(),
    after: z.string(),
    changes: z.array(VALUE_CHANGE),
    diff: z.string(),
  }),
  table({ before, after, changes, diff }, flags) {
    const change = { file: after, kind: "changed" as const, changes, diff };
    const lines = flags.text ? [diff] : changeLines(change).slice(1).map((line) => `${line}\n`);
    return {
      text: `${before} → ${after}: ${countText(changes.length, "difference")}\n${lines.join("")}`,
    };
  },
  async run({ args: [before, after], context }) {
    const registry = await Registry.open(context.globals);
    const [old, next] = [before, after].map((name) => registry.text("environment", name));
    const { changes, diff } = fileChange(`environments/${after}.yaml`, old, next);
    return { before, after, changes, diff };
  },
});
