import { z } from "zod";
import { SCHEMA_FILE, schemaVersionOn } from "@ssmd/metadata/registry_content";
import { defineCommand } from "../command/define.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { SCHEMA_NAME } from "../registry/registry_args.ts";
import { noteOrigin } from "../registry/show.ts";
import { AS_SHOWN } from "../registry/shown_file.ts";
import { flatRows, render } from "../render.ts";

export default defineCommand({
  name: "schema show",
  brief: "Show a schema: the version in force with its text, and all others",
  description:
    "With --as-of, reads the file as committed in git at the end of that day (UTC), and " +
    "shows the version in force then: the last one that had begun and is not a draft.",
  examples: ["ssmd schema show trade", "ssmd schema show trade --as-of today --output yaml"],
  flags: { asOf: AS_OF },
  args: [SCHEMA_NAME],
  output: SCHEMA_FILE.extend({
    ...AS_SHOWN,
    in_force: SCHEMA_FILE.shape.versions.element.nullable()
      .describe("Version in force on that day; null = before the first"),
    text: z.string().nullable().describe("Text of the version in force"),
  }),
  table({ in_force, versions, text, ...rest }) {
    const value = {
      ...rest,
      in_force: in_force ?? `none on ${rest.as_of}`,
      versions: versions.map(({ version, from, status }) => `${version} ${status} ${from}`),
    };
    const table = render({ value, rows: flatRows(value) }, "table");
    return { text: text === null ? table : `${table}\n${text}` };
  },
  async run({ flags, args: [name], context }) {
    const { registry, day, origin } = await viewOfOne(context.globals, {
      ...{ kind: "schema", name, asOf: flags.asOf },
    });
    noteOrigin(context, origin);
    const schema = registry.schema(name);
    const in_force = schemaVersionOn(schema, day) ?? null;
    const text = in_force && registry.texts.get(`schemas/${in_force.file}`);
    return { ...schema, as_of: day, origin, in_force, text: text ?? null };
  },
});
