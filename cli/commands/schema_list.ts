import { z } from "zod";
import { SCHEMA_STATUSES, schemaVersionOn } from "@ssmd/metadata/registry_content";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { viewOn } from "../registry/as_of.ts";
import { noteOrigin } from "../registry/show.ts";

const SCHEMA = z.object({
  schema: z.string(),
  struct: z.string(),
  version: z.string().nullable(),
  status: z.enum(SCHEMA_STATUSES).nullable(),
  since: z.string().nullable().describe(
    "First day of the version in force; null = before the first",
  ),
  file: z.string().nullable(),
  sha256: z.string().nullable(),
  versions: z.int(),
});

export default defineCommand({
  name: "schema list",
  brief: "List registered schemas with their versions in force",
  examples: ["ssmd schema list", "ssmd schema list --as-of today --output json"],
  flags: { asOf: AS_OF },
  output: z.array(SCHEMA),
  table: rowsOf("schema"),
  async run({ flags, context }) {
    const { registry, day, origin } = await viewOn(context.globals, flags.asOf);
    noteOrigin(context, origin);
    return registry.names("schema").map((name) => {
      const schema = registry.schema(name);
      const version = schemaVersionOn(schema, day);
      return {
        schema: name,
        struct: schema.struct,
        version: version?.version ?? null,
        status: version?.status ?? null,
        since: version?.from ?? null,
        file: version?.file ?? null,
        sha256: version?.sha256 ?? null,
        versions: schema.versions.length,
      };
    });
  },
});
