import { buildCommand, type Command } from "@stricli/core";
import { schemaVersionOn } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs, word } from "../registry/flags.ts";
import { show } from "../registry/show.ts";

/** `ssmd schema show` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [string], SsmdContext>({
  docs: docs(
    "Show a schema: the version in force with its text, and all others",
    "With --as-of, the file as git knew it at the end of that day (UTC), and the version in force " +
      "then: the last one that had begun and is no draft.",
    ["ssmd schema show trade", "ssmd schema show trade --as-of today --output yaml"],
  ),
  parameters: {
    flags: AS_OF_FLAGS,
    positional: { kind: "tuple", parameters: [word("The schema's name", "schema")] },
  },
  async func(flags, name) {
    const { registry, day, origin } = await viewOfOne("schema", name, this.globals, flags.asOf);
    const { versions, ...rest } = registry.schema(name);
    const inForce = schemaVersionOn({ versions, ...rest }, day);
    const text = inForce && registry.texts.get(`schemas/${inForce.file}`);
    if (flags.output !== "table") {
      const value = {
        ...rest,
        asOf: day,
        origin,
        inForce: inForce ?? null,
        versions,
        text: text ?? null,
      };
      return show(this, value, flags.output, origin);
    }
    const states = versions.map(({ version, from, status }) => `${version} ${status} ${from}`);
    const shown = inForce ?? `none on ${day}`;
    const value = { ...rest, asOf: day, origin, inForce: shown, versions: states };
    show(this, value, flags.output, origin);
    if (text !== undefined) this.process.stdout.write(`\n${text}`);
  },
});
