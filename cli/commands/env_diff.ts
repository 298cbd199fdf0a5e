import { buildCommand, type Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";
import { changeLines, fileChange } from "../registry/change.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, switchFlag, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { render } from "../render.ts";

interface Flags extends RegistryFlags {
  text: boolean;
}

/** `ssmd env diff` */
export const command: Command<SsmdContext> = buildCommand<
  Flags,
  [string, string],
  SsmdContext
>({
  docs: docs("Tell how one environment differs from another", "", [
    "ssmd env diff demo demo-nats",
    "ssmd env diff demo demo-nats --text",
  ]),
  parameters: {
    flags: { ...REGISTRY_FLAGS, text: switchFlag("Print the text diff") },
    positional: {
      kind: "tuple",
      parameters: [word("The one", "env"), word("The other", "other")],
    },
  },
  async func(flags, first, second) {
    const registry = await Registry.open(this.globals);
    const [before, after] = [first, second].map((name) => registry.text("environment", name));
    const change = fileChange(`environments/${second}.yaml`, before, after);
    const { changes, diff } = change;
    if (flags.output !== "table") {
      const value = { before: first, after: second, changes, diff };
      return this.process.stdout.write(render({ value, rows: [] }, flags.output));
    }
    const lines = flags.text ? [diff] : changeLines(change).slice(1).map((line) => `${line}\n`);
    this.process.stdout.write(`${first} → ${second}: ${changes.length} differences\n`);
    this.process.stdout.write(lines.join(""));
  },
});
