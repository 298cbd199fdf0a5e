import { z } from "zod";
import { schemaHash } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { Registry } from "../registry/registry.ts";
import { schemaText } from "../registry/schema_file.ts";

const HASH = z.object({
  schema: z.string(),
  sha256: z.string(),
  registered: z.string().nullable().describe("trade@v1; null = no version has this text"),
});

export default defineCommand({
  name: "schema hash",
  brief: "Print the SHA-256 of schemas and their registered versions",
  description: "A name means the version in force, name@v1 a version, a path a file.",
  examples: [
    "ssmd schema hash",
    "ssmd schema hash trade trade@v1 exchanges/schemas/trade.capnp",
  ],
  args: {
    each: text("Names, versions or files", {
      placeholder: "schema",
      completes: "schema",
      required: true,
    }),
  },
  output: z.array(HASH),
  table: rowsOf("text"),
  async run({ args: specs, context }) {
    const registry = await Registry.open(context.globals);
    const schemas = registry.names("schema");
    const registered = new Map(
      schemas.flatMap((name) =>
        registry.schema(name).versions.map(({ version, sha256 }) =>
          [sha256, `${name}@${version}`] as const
        )
      ),
    );
    return await Promise.all((specs.length > 0 ? specs : schemas).map(async (spec) => {
      const { name, text } = await schemaText(registry, spec);
      const sha256 = schemaHash(text);
      return { schema: name, sha256, registered: registered.get(sha256) ?? null };
    }));
  },
});
